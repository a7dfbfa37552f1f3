import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { PGlite } from '@electric-sql/pglite';
import { NodeFS } from '@electric-sql/pglite/nodefs';
import { z } from 'zod';
import { compiledUrl } from './compiled-url.ts';
import { exists, packDirectory } from './template.ts';

/** The installed PGlite's version; a template made by another one is never used. */
function engineVersion(): string {
  const entry = createRequire(import.meta.url).resolve('@electric-sql/pglite');
  const manifest: unknown = JSON.parse(readFileSync(path.join(path.dirname(entry), '../package.json'), 'utf8'));
  return z.object({ version: z.string() }).parse(manifest).version;
}

/** Where the packed empty database of this PGlite version lies: beside the compiled code. */
export function templatePath(): string {
  return fileURLToPath(compiledUrl(import.meta.url, `./pglite-template-${engineVersion()}.gz`));
}

/** Makes an empty database in a directory that does not exist yet (initdb, 2 to 5 s). */
export async function initDatabase(directory: string): Promise<void> {
  const pg = await PGlite.create({ fs: new NodeFS(directory) });
  await pg.close();
}

/** Makes the template when it is missing. Safe when two processes do it at once: the last whole file stays. */
export async function buildTemplate(target = templatePath()): Promise<void> {
  if (await exists(target)) return;
  const scratch = await mkdtemp(path.join(tmpdir(), 'waping-template-'));
  try {
    const directory = path.join(scratch, 'data');
    await initDatabase(directory);
    await packDirectory(directory, target);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

// The build runs this file, so that a first start need not.
if (process.argv[1] === fileURLToPath(import.meta.url)) await buildTemplate();
