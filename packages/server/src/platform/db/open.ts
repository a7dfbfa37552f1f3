import { StartupError, WapingError } from '../errors.ts';
import type { Logger } from '../log.ts';
import { migrate } from './migrate.ts';
import { migrations } from './migrations/index.ts';
import { openPglite } from './pglite.ts';
import type { Db } from './port.ts';
import { openPostgres, type PostgresDb } from './postgres.ts';

export interface DatabaseConfig {
  /** The server's data directory; holds the embedded database when there is no `databaseUrl`. */
  dataDir: string;
  /** `postgres://…`: a PostgreSQL server (15 or newer) instead of the embedded database. */
  databaseUrl?: string | undefined;
  log: Logger;
}

/** Opens the configured database and brings its schema up to date. Throws StartupError with a cure. */
export async function openDatabase(config: DatabaseConfig): Promise<Db> {
  const db = config.databaseUrl === undefined ? await openPglite(config) : await openServer(config.databaseUrl, config);
  try {
    const { applied } = await migrate(db, migrations);
    if (applied.length > 0) config.log.info({ applied }, 'database schema brought up to date');
    return db;
  } catch (error) {
    await db[Symbol.asyncDispose]();
    throw error;
  }
}

async function openServer(url: string, config: DatabaseConfig): Promise<PostgresDb> {
  try {
    return await openPostgres({ url, log: config.log });
  } catch (error) {
    if (error instanceof StartupError) throw error;
    const reason = error instanceof WapingError && error.cause instanceof Error ? error.cause.message : String(error);
    throw new StartupError(
      `The PostgreSQL server in DATABASE_URL cannot be used: ${reason}`,
      'Check that it runs, and the host, port, user, password and database name in DATABASE_URL.',
      error,
    );
  }
}
