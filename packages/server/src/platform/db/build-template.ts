import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { PGlite } from '@electric-sql/pglite';
import { NodeFS } from '@electric-sql/pglite/nodefs';
import { compiledUrl } from './compiled-url.ts';
import { exists, packDirectory } from './template.ts';

/** Where the packed empty database of this PGlite version lies: beside the compiled code. */
export function templatePath(): string {
  return fileURLToPath(compiledUrl(import.meta.url, `./pglite-template-${engineVersion()}.gz`));
}

/** The installed PGlite's version; a template made by another one is never used. */
export function engineVersion(): string {
  const manifest: unknown = createRequire(import.meta.url)('@electric-sql/pglite/package.json');
  const version = typeof manifest === 'object' && manifest !== null && 'version' in manifest ? manifest.version : '';
  return String(version);
}

/** Makes the template when it is missing. Safe when two processes do it at once: the last whole file stays. */
export async function buildTemplate(target = templatePath()): Promise<void> {
  if (await exists(target)) return;
  const scratch = await mkdtemp(path.join(tmpdir(), 'waping-template-'));
  try {
    const directory = path.join(scratch, 'data');
    const pg = await PGlite.create({ fs: new NodeFS(directory) });
    await pg.close();
    await packDirectory(directory, target);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

// `npm run build` runs this file, so that a first start need not.
if (process.argv[1] === fileURLToPath(import.meta.url)) await buildTemplate();
