import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { unpacked } from './debian.ts';

const run = promisify(execFile);
const IS_NEW_ENOUGH = 'import sys; sys.exit(sys.version_info < (3, 9))';
/** What releases of Debian and Ubuntu have. */
const VERSIONS = ['3.11', '3.13', '3.12'];

export interface Python {
  program: string;
  env: Record<string, string>;
}

const runs = ({ program, env }: Python): Promise<boolean> =>
  run(program, ['-c', IS_NEW_ENOUGH], { env: { PATH: process.env['PATH'] ?? '', ...env } }).then(
    () => true,
    () => false,
  );

async function fromDebian(version: string): Promise<Python> {
  const packages = [`python${version}-minimal`, `libpython${version}-minimal`, `libpython${version}-stdlib`];
  const root = await unpacked(`python${version}`, [...packages, 'libexpat1', 'zlib1g']);
  return { program: path.join(root, `usr/bin/python${version}`), env: { PYTHONHOME: path.join(root, 'usr') } };
}

/** A Python of 3.9 or newer: the machine's, or one of Debian's packages, unpacked and not installed. */
export async function findPython(): Promise<Python> {
  const own = { program: 'python3', env: {} };
  if (await runs(own)) return own;
  for (const version of VERSIONS) {
    const found = await fromDebian(version).catch(() => null);
    if (found && (await runs(found))) return found;
  }
  throw new Error('This test needs Python 3.9 or newer: install python3');
}
