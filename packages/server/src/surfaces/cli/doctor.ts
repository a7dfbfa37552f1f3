import { access, constants, stat } from 'node:fs/promises';
import path from 'node:path';
import { type Config, loadConfig } from '../../config/config.ts';
import { type ScanReport, scanForSecrets } from '../../features/doctor/index.ts';
import { DataKeys, findFirstWorkspace, proveMasterKey } from '../../features/workspaces/index.ts';
import { openBlobs } from '../../media.ts';
import { DEFAULT_FLOOR_BYTES, freeBytes } from '../../platform/blob/free-space.ts';
import { schemaVersion } from '../../platform/db/info.ts';
import { openDatabase } from '../../platform/db/open.ts';
import { diskFault } from '../../platform/disk-fault.ts';
import { StartupError } from '../../platform/errors.ts';
import { createLogger } from '../../platform/log.ts';
import { sinkFindings } from './doctor-sinks.ts';
import type { Finding } from './finding.ts';
import { loadKeys } from './open.ts';

type Check = (config: Config) => Promise<Finding | Finding[]>;

const node: Check = async () => {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const ok = major > 20 || (major === 20 && minor >= 19);
  return { ok, what: `Node.js ${process.versions.node}`, ...(ok ? {} : { cure: 'Install Node.js 20.19 or newer.' }) };
};

const signal: Check = async () => {
  const library: unknown = await import('libsignal');
  const name = library !== null && typeof library === 'object' ? Reflect.get(library, 'implementation') : undefined;
  const ok = name === 'whatsapp-rust-bridge';
  const cure = 'Install WAPing with its own lock file: another package named libsignal took its place.';
  return { ok, what: `Signal library: ${String(name)}`, ...(ok ? {} : { cure }) };
};

const dataDir: Check = async ({ dataDir: dir, diskFloorBytes }) => {
  const what = `data directory ${dir}`;
  const found = await stat(dir).catch(() => null);
  if (!found) return { ok: true, what: `${what} (made on first start)` };
  await access(dir, constants.W_OK);
  const free = await freeBytes(dir);
  const mib = (bytes: number): number => Math.floor(bytes / 1024 ** 2);
  const almost = `${what}: almost full, ${mib(free)} MiB free`;
  const cure = `Free at least ${mib(Math.max(diskFloorBytes, DEFAULT_FLOOR_BYTES))} MiB.`;
  if (free < diskFloorBytes) return { ok: false, what: `${almost}: media is refused, downloads wait`, cure };
  return free < DEFAULT_FLOOR_BYTES ? { ok: false, what: almost, cure } : { ok: true, what };
};

const masterKeyFile: Check = async ({ dataDir: dir, masterKey }) => {
  if (masterKey !== undefined) return { ok: true, what: 'master key from WAPING_MASTER_KEY' };
  const file = path.join(dir, 'master.key');
  const found = await stat(file).catch(() => null);
  if (!found) return { ok: true, what: 'master key (made on first start)' };
  const ok = (found.mode & 0o077) === 0;
  return { ok, what: `master key ${file}`, ...(ok ? {} : { cure: `chmod 600 ${file}` }) };
};

const mediaStore: Check = async (config) => {
  const place = config.s3 ? `bucket ${config.s3.bucket} at ${config.s3.endpoint}` : path.join(config.dataDir, 'media');
  const what = `media store: ${place}`;
  if (!config.s3 && !(await stat(config.dataDir).catch(() => null)))
    return { ok: true, what: `${what} (made on first start)` };
  try {
    await (await openBlobs(config)).check();
    return { ok: true, what };
  } catch (error) {
    if (!config.s3) throw error;
    // The reason is behind what a caller of the API would be told; it holds no key.
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error);
    return { ok: false, what: `${what}: ${cause}`, cure: 'Check the WAPING_S3_ settings, and that the key may write.' };
  }
};

const LEAKED =
  'Treat it as known to whoever could read the database or its backups: replace it, then remove it from the table, and report how it got there.';

/** One line for each place where a secret lies open; the place, never the value. */
function secretFindings({ findings, tables, rows, opened }: ScanReport): Finding[] {
  if (findings.length === 0) {
    return [
      { ok: true, what: `no secret lies open in ${tables} tables, ${rows} rows; ${opened} sealed values opened` },
    ];
  }
  return findings.map(({ table, column, kind, rows: count }) => ({
    ok: false,
    what: `${kind} in table ${table}, column ${column} (${count} ${count === 1 ? 'row' : 'rows'})`,
    cure: LEAKED,
  }));
}

function showProgress(table: string, done: number, total: number): void {
  if (!process.stderr.isTTY) return;
  process.stderr.write(
    `\r\u001b[Klooking for open secrets: ${table} ${Math.floor((100 * done) / Math.max(1, total))} %`,
  );
}

const database: Check = async (config) => {
  const log = createLogger('silent');
  const fresh = config.databaseUrl === undefined && (await stat(config.dataDir).catch(() => null)) === null;
  if (fresh) return { ok: true, what: 'embedded database (made on first start)' };
  await using db = await openDatabase({ dataDir: config.dataDir, databaseUrl: config.databaseUrl, log });
  const first = await findFirstWorkspace(db);
  const keys = await loadKeys(config);
  if (first) proveMasterKey(keys, first);
  const version = `database (${db.kind}) at version ${await schemaVersion(db)}; the master key opens it`;
  const report = await scanForSecrets({ db, dataKeys: new DataKeys(db, keys) }, showProgress);
  if (process.stderr.isTTY) process.stderr.write('\r\u001b[K');
  return [{ ok: true, what: version }, ...secretFindings(report), ...(await sinkFindings(config, db))];
};

async function run(name: string, check: Check, config: Config): Promise<Finding | Finding[]> {
  try {
    return await check(config);
  } catch (error) {
    const known = error instanceof StartupError ? error : diskFault(error, config.dataDir);
    if (known) return { ok: false, what: `${name}: ${known.message}`, cure: known.cure };
    return {
      ok: false,
      what: `${name}: ${error instanceof Error ? error.message : String(error)}`,
      cure: 'See the message.',
    };
  }
}

/** Checks what a start depends on, one line each, with the cure for what is wrong. Exit code 1 when anything is. */
export async function doctor(): Promise<void> {
  const config = loadConfig();
  const checks: [string, Check][] = [
    ['Node.js', node],
    ['Signal library', signal],
    ['data directory', dataDir],
    ['master key', masterKeyFile],
    ['media store', mediaStore],
    ['database', database],
  ];
  for (const [name, check] of checks) {
    for (const finding of [await run(name, check, config)].flat()) {
      process.stdout.write(`${finding.ok ? '✓' : '✗'} ${finding.what}\n`);
      if (finding.cure) process.stdout.write(`    What to do: ${finding.cure}\n`);
      if (!finding.ok) process.exitCode = 1;
    }
  }
}
