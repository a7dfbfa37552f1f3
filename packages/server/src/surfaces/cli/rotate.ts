import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Config, loadConfig } from '../../config/config.ts';
import { type RotationReport, rotateMasterKey } from '../../features/workspaces/index.ts';
import { nextKeyFile, readIfThere, writeKeyFile } from '../../platform/crypto/key-files.ts';
import { newMasterKey, parseMasterKey } from '../../platform/crypto/master-key.ts';
import { MasterKeys } from '../../platform/crypto/master-keys.ts';
import { DirectoryInUse } from '../../platform/db/dir-lock.ts';
import { StartupError } from '../../platform/errors.ts';
import { armFaultPoint, faultPoint } from '../../platform/fault-points.ts';
import { withDatabase } from './open.ts';

/** A running server looks for a new key every two seconds; thousands of workspaces take it seconds more. */
const SERVER_MS = 10 * 60_000;
const POLL_MS = 250;

async function keyGiven(file: string | undefined, config: Config): Promise<Buffer | null> {
  if (file === undefined)
    return config.nextMasterKey ? parseMasterKey(config.nextMasterKey, 'WAPING_MASTER_KEY_NEXT') : null;
  const text = await readFile(file, 'utf8').catch(() => null);
  if (text === null) throw new StartupError(`cannot read ${file}`, 'Check the path and who may read it.');
  return parseMasterKey(text, file);
}

/** Has the next key lie beside the one in use, durable, before anything is wrapped by it. */
async function prepareFile(config: Config, given: Buffer | null): Promise<MasterKeys> {
  const file = nextKeyFile(config.dataDir);
  const pending = await readIfThere(file);
  if (pending !== null && given !== null && !parseMasterKey(pending, file).equals(given)) {
    throw new StartupError(
      `a rotation to another key has begun: ${file}`,
      'Finish it first: run waping keys rotate-master without a key.',
    );
  }
  // The key in use must be there and whole before another takes its place.
  await MasterKeys.load({ dataDir: config.dataDir, configured: undefined, configuredNext: undefined });
  if (pending === null) await writeKeyFile(file, given ?? newMasterKey());
  return MasterKeys.load({ dataDir: config.dataDir, configured: undefined, configuredNext: undefined });
}

function prepareEnvironment(config: Config, given: Buffer | null): Promise<MasterKeys> {
  if (given === null) {
    throw new StartupError(
      'the master key comes from WAPING_MASTER_KEY, so the new one must be given',
      'Set WAPING_MASTER_KEY_NEXT on every node and restart them, then run this with the same setting (or --new-key-file).',
    );
  }
  const configuredNext = given.toString('hex');
  return MasterKeys.load({ dataDir: config.dataDir, configured: config.masterKey, configuredNext });
}

// A server that runs on the embedded database holds it alone, sees the new key and does the work.
async function waitForServer(config: Config): Promise<void> {
  process.stderr.write('A server is running: it carries out the rotation.\n');
  const end = Date.now() + SERVER_MS;
  while ((await readIfThere(nextKeyFile(config.dataDir))) !== null) {
    if (Date.now() > end) {
      throw new StartupError('the server has not finished the rotation', 'See its log, then run this again.');
    }
    await sleep(POLL_MS);
  }
}

function tell(report: RotationReport | null): void {
  const lines = ['The master key is replaced.'];
  if (report) lines.push(`${report.rewrapped} data key(s) rewrapped.`);
  if (report && !report.replacedFile) {
    lines.push(
      'Now set WAPING_MASTER_KEY to the new key on every node, remove WAPING_MASTER_KEY_NEXT, and restart them.',
    );
  }
  lines.push('Keep the old key for as long as you keep backups made before now.');
  process.stdout.write(`${lines.join('\n')}\n`);
}

/** Replaces the master key. Keys are read from files and settings and written to files; none is ever printed. */
export async function rotateMaster(options: { newKeyFile?: string }): Promise<void> {
  const config = loadConfig();
  if (config.faultPoint) armFaultPoint(config.faultPoint);
  const given = await keyGiven(options.newKeyFile, config);
  const fromFile = config.masterKey === undefined;
  const keys = fromFile ? await prepareFile(config, given) : await prepareEnvironment(config, given);
  faultPoint('rotate.key-written');
  try {
    tell(await withDatabase((db) => rotateMasterKey(db, keys)));
  } catch (error) {
    if (!(error instanceof DirectoryInUse) || !fromFile) throw error;
    await waitForServer(config);
    tell(null);
  }
}
