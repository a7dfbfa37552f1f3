import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { access, mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const UPDATE_MS = 120_000;
const DOWNLOAD_MS = 180_000;
const UNPACK_MS = 60_000;

/** The path of a program that is installed; null where there is none. */
export async function installed(program: string): Promise<string | null> {
  for (const dir of (process.env['PATH'] ?? '').split(path.delimiter)) {
    const file = path.join(dir, program);
    const found = await access(file).then(
      () => true,
      () => false,
    );
    if (found) return file;
  }
  return null;
}

/**
 * Debian packages, fetched by apt, which checks their signatures, and unpacked below the temporary directory: nothing is
 * installed, nobody needs to be root, and a second run finds them there.
 */
export async function unpacked(name: string, packages: readonly string[]): Promise<string> {
  const print = createHash('sha256').update(packages.join(' ')).digest('hex').slice(0, 12);
  const place = path.join(tmpdir(), `waping-${name}-${print}`);
  if (await exists(place)) return place;
  const aside = await mkdtemp(`${place}.`);
  try {
    await fetchInto(path.join(aside, 'packages'), packages);
    for (const file of await readdir(path.join(aside, 'packages')))
      if (file.endsWith('.deb'))
        await run('dpkg-deb', ['-x', path.join(aside, 'packages', file), path.join(aside, 'root')], {
          timeout: UNPACK_MS,
        });
    // Whole or not at all: another run may look for it at this moment, or have been faster.
    await rename(path.join(aside, 'root'), place).catch(async (error: unknown) => {
      if (!(await exists(place))) throw error;
    });
  } finally {
    await rm(aside, { recursive: true, force: true });
  }
  return place;
}

const exists = (file: string): Promise<boolean> =>
  access(file).then(
    () => true,
    () => false,
  );

/** With the machine's lists of packages; where they know none of these, or are old, with lists of our own. */
async function fetchInto(dir: string, packages: readonly string[]): Promise<void> {
  await mkdir(dir, { recursive: true });
  const download = (options: readonly string[] = []) =>
    run('apt-get', [...options, 'download', ...packages], { cwd: dir, timeout: DOWNLOAD_MS });
  try {
    await download();
  } catch {
    const lists = path.join(dir, 'lists');
    const cache = path.join(dir, 'cache');
    for (const each of [lists, cache]) await mkdir(path.join(each, 'partial'), { recursive: true });
    const options = ['-o', `Dir::State::lists=${lists}`, '-o', `Dir::Cache=${cache}`];
    // A list of somebody else's that cannot be had fails it; whether ours are there is seen next.
    await run('apt-get', [...options, 'update'], { timeout: UPDATE_MS }).catch(() => undefined);
    await download(options);
  }
}
