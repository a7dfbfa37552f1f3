import { createServer } from 'node:net';
import type { Config } from './config/config.ts';
import { lockDirectory } from './platform/db/dir-lock.ts';
import { openDatabase } from './platform/db/open.ts';
import type { Db } from './platform/db/port.ts';
import { Lifetimes } from './platform/disposal.ts';
import { StartupError } from './platform/errors.ts';
import type { Logger } from './platform/log.ts';

/** An open database, and what ends with it. */
export interface Storage {
  db: Db;
  stack: Lifetimes;
}

/**
 * The first steps of a start: the port is free, the directory is ours, the database is open. They need little of the
 * code and take the longest, so the rest can be loaded meanwhile. Throws StartupError with a cure.
 */
export async function openStorage(config: Config, log: Logger): Promise<Storage> {
  await checkPortFree(config);
  const stack = new Lifetimes();
  try {
    // The embedded database locks its directory itself. With PostgreSQL two processes on one directory would share a
    // node id, and so take each other's leases for those of a dead past.
    if (config.databaseUrl !== undefined) {
      const lock = await lockDirectory(config.dataDir);
      stack.defer(() => lock.release());
    }
    const { dataDir, databaseUrl } = config;
    return { db: stack.use(await openDatabase({ dataDir, databaseUrl, log })), stack };
  } catch (error) {
    await stack[Symbol.asyncDispose]();
    throw error;
  }
}

/** Fails early and clearly: binding is the last step of a start that has already opened the database. */
async function checkPortFree(config: Config): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const probe = createServer();
    probe.once('error', (error: NodeJS.ErrnoException) => reject(portError(config, error)));
    probe.listen(config.port, config.host, () => probe.close(() => resolve()));
  });
}

/** What to do about an address that cannot be listened on. */
export function portError(config: Config, error: Error & { code?: unknown }): StartupError {
  if (error.code === 'EADDRINUSE') {
    return new StartupError(
      `port ${config.port} is in use`,
      'Stop what listens there, or set WAPING_PORT to another port.',
      error,
    );
  }
  return new StartupError(
    `cannot listen on ${config.host}:${config.port} (${String(error.code)})`,
    'Check WAPING_HOST and WAPING_PORT.',
    error,
  );
}
