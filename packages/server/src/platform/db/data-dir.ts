import { randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { StartupError } from '../errors.ts';
import { initDatabase, templatePath } from './build-template.ts';
import { exists, packDirectory, unpackDirectory } from './template.ts';
import { syncPath, syncTree } from './tree-sync.ts';

/** The PostgreSQL major version whose files the pinned PGlite reads. */
const MAJOR = '18';

async function checkExisting(directory: string): Promise<void> {
  const version = await readFile(path.join(directory, 'PG_VERSION'), 'utf8').catch(() => '');
  if (version.trim() === MAJOR) return;
  if (version.trim() === '') {
    throw new StartupError(
      `${directory} is not a database: PG_VERSION is missing or empty`,
      'Restore a backup, or move that directory away to start with an empty database.',
    );
  }
  throw new StartupError(
    `${directory} was written by PostgreSQL ${version.trim()}, this version reads ${MAJOR}`,
    'Start the version of WAPing that wrote it and move the data to a PostgreSQL server, or restore a matching backup.',
  );
}

/** A start that was cut off leaves only directories nobody opened; they can go. */
async function removeLeftovers(directory: string): Promise<void> {
  const parent = path.dirname(directory);
  const prefix = `${path.basename(directory)}.new-`;
  const names = (await readdir(parent)).filter((name) => name.startsWith(prefix));
  await Promise.all(names.map((name) => rm(path.join(parent, name), { recursive: true, force: true })));
}

/** Fills `fresh` from the template; without one it runs initdb and tries to leave a template for the next time. */
async function fill(fresh: string): Promise<void> {
  const template = templatePath();
  if (await exists(template)) {
    await unpackDirectory(template, fresh);
    return;
  }
  await initDatabase(fresh);
  // A read-only installation cannot keep it; the next first start then takes as long as this one.
  await packDirectory(fresh, template).catch(() => undefined);
}

/**
 * Makes sure `directory` holds a database. A new one is built aside, flushed whole and renamed, so that a power cut
 * leaves either no database or a complete one (initdb itself flushes nothing).
 */
export async function prepareDirectory(directory: string): Promise<void> {
  await mkdir(path.dirname(directory), { recursive: true, mode: 0o700 });
  await removeLeftovers(directory);
  if (await exists(directory)) return checkExisting(directory);
  const fresh = `${directory}.new-${randomBytes(4).toString('hex')}`;
  try {
    await fill(fresh);
    await syncTree(fresh);
    await rename(fresh, directory);
  } catch (error) {
    // A half-filled copy would hold the space of a full disk.
    await rm(fresh, { recursive: true, force: true });
    throw error;
  }
  await syncPath(path.dirname(directory));
}
