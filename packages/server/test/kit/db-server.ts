import { type ChildProcess, spawn } from 'node:child_process';
import { chownSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { findPostgres, type PostgresBinaries } from './db-binaries.ts';

/** A PostgreSQL server of our own, on a unix socket in a temporary directory. */
export interface PostgresServer {
  urlOf(database: string): string;
  /** Runs a statement in the `postgres` database. */
  run(sql: string): Promise<void>;
  stop(): Promise<void>;
}

// Its own standard input ends when we do, however we ended: then it stops the server. `-INT` is a fast shutdown.
const GUARD = '"$0" "$@" & server=$!; cat >/dev/null; kill -INT $server; wait $server';

function finished(child: ChildProcess, what: string): Promise<void> {
  let said = '';
  const keep = (chunk: Buffer): void => {
    said = (said + chunk.toString()).slice(-2000);
  };
  child.stdout?.on('data', keep);
  child.stderr?.on('data', keep);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => (code === 0 ? resolve() : reject(new Error(`${what} ended with ${code}: ${said}`))));
  });
}

function serverReady(child: ChildProcess): Promise<void> {
  let said = '';
  return new Promise((resolve, reject) => {
    child.stderr?.on('data', (chunk: Buffer) => {
      said = (said + chunk.toString()).slice(-4000);
      if (said.includes('ready to accept connections')) resolve();
    });
    child.once('error', reject);
    child.once('close', (code) => reject(new Error(`postgres ended with ${code}: ${said}`)));
  });
}

async function init(binaries: PostgresBinaries, directory: string): Promise<void> {
  const args = ['-D', path.join(directory, 'data'), '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--no-sync'];
  const locale = ['--locale-provider=builtin', '--locale=C.UTF-8'];
  const child = spawn(binaries.initdb, [...args, ...locale], {
    cwd: directory,
    env: { LC_ALL: 'C', PATH: process.env.PATH ?? '' },
    ...binaries.user,
  });
  await finished(child, 'initdb');
}

/** Starts a server. `fsync` off (the default) is for tests of logic: the data is thrown away anyway. */
export async function startPostgres({ fsync = false } = {}): Promise<PostgresServer> {
  const binaries = findPostgres();
  const directory = mkdtempSync(path.join(tmpdir(), 'waping-pg-'));
  if (binaries.user !== undefined) chownSync(directory, binaries.user.uid, binaries.user.gid);
  const remove = (): void => rmSync(directory, { recursive: true, force: true });
  try {
    await init(binaries, directory);
  } catch (error) {
    remove();
    throw error;
  }
  const settings = {
    listen_addresses: '',
    unix_socket_directories: directory,
    fsync: fsync ? 'on' : 'off',
    max_connections: '200',
  };
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const child = spawn('/bin/sh', ['-c', GUARD, binaries.postgres, '-D', path.join(directory, 'data'), ...flags], {
    cwd: directory,
    env: { LC_ALL: 'C', PATH: process.env.PATH ?? '' },
    ...binaries.user,
  });
  const stop = async (): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) {
      const closed = new Promise<void>((resolve) => child.once('close', () => resolve()));
      child.stdin.end();
      await closed;
    }
    remove();
  };
  try {
    await serverReady(child);
  } catch (error) {
    await stop();
    throw error;
  }
  const urlOf = (database: string): string =>
    `postgres://postgres@localhost/${database}?host=${encodeURIComponent(directory)}`;
  return { urlOf, run: (sql) => runOnce(urlOf('postgres'), sql), stop };
}

async function runOnce(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
