import { type Config, loadConfig } from '../../config/config.ts';
import { findFirstWorkspace } from '../../features/workspaces/index.ts';
import { MasterKeys } from '../../platform/crypto/master-keys.ts';
import { openDatabase } from '../../platform/db/open.ts';
import type { Db } from '../../platform/db/port.ts';
import { StartupError } from '../../platform/errors.ts';
import { createLogger } from '../../platform/log.ts';

/** Opens the configured database for one command and closes it after. */
export async function withDatabase<T>(run: (db: Db) => Promise<T>): Promise<T> {
  const config = loadConfig();
  const log = createLogger(config.logLevel);
  await using db = await openDatabase({ dataDir: config.dataDir, databaseUrl: config.databaseUrl, log });
  return await run(db);
}

/** The master keys of this installation. */
export function loadKeys({ dataDir, masterKey, nextMasterKey }: Config): Promise<MasterKeys> {
  return MasterKeys.load({ dataDir, configured: masterKey, configuredNext: nextMasterKey });
}

/** The workspace a command works on: the one made on first start. */
export async function requireWorkspace(db: Db): Promise<string> {
  return (await requireWorkspaceRow(db)).id;
}

/** Its row. */
export async function requireWorkspaceRow(db: Db) {
  const workspace = await findFirstWorkspace(db);
  if (workspace) return workspace;
  throw new StartupError('there is no workspace yet', 'Start once with: waping serve');
}
