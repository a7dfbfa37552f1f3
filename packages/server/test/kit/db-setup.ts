import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { TestProject } from 'vitest/node';
import { openDatabase } from '../../src/platform/db/open.ts';
import { createLogger } from '../../src/platform/log.ts';
import { type PostgresServer, startPostgres } from './db-server.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** Unix socket of the run's database keeper. */
    databaseKeeper: string;
  }
}

const log = createLogger('silent');

/** Runs `make` at the first call and never again. */
function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

/** What the tests of one run share: one server with a migrated template, one migrated embedded database to copy. */
class Keeper {
  readonly #directory: string;
  readonly #server = once(startPostgres);
  readonly #template = once(async () => {
    const server = await this.#started();
    await server.run('create database waping_template');
    await using _db = await openDatabase({ dataDir: '', databaseUrl: server.urlOf('waping_template'), log });
    return server;
  });
  readonly #embedded = once(async () => {
    const dataDir = path.join(this.#directory, 'embedded');
    await using _db = await openDatabase({ dataDir, log });
    return path.join(dataDir, 'database');
  });
  #running: PostgresServer | undefined;
  #made = 0;

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** `embedded` → a directory to copy; `create [empty]` → the URL of a new database; `drop <name>` → nothing. */
  async answer(line: string): Promise<string> {
    const [verb, word] = line.split(' ');
    if (verb === 'embedded') return this.#embedded();
    if (verb === 'create') return this.#create(word === 'empty');
    if (verb === 'drop' && word !== undefined && /^\w+$/.test(word)) {
      await (await this.#started()).run(`drop database if exists ${word} with (force)`);
      return word;
    }
    throw new Error(`The database keeper does not know: ${line}`);
  }

  async stop(): Promise<void> {
    await this.#running?.stop();
    rmSync(this.#directory, { recursive: true, force: true });
  }

  async #started(): Promise<PostgresServer> {
    this.#running = await this.#server();
    return this.#running;
  }

  async #create(empty: boolean): Promise<string> {
    const server = await (empty ? this.#started() : this.#template());
    this.#made += 1;
    const name = `waping_${this.#made}`;
    await server.run(`create database ${name} template ${empty ? 'template0' : 'waping_template'}`);
    return server.urlOf(name);
  }
}

function serve(keeper: Keeper, socket: Socket): void {
  let text = '';
  socket.on('error', () => socket.destroy());
  socket.on('data', (chunk) => {
    text += chunk.toString();
    if (!text.endsWith('\n')) return;
    keeper.answer(text.trim()).then(
      (value) => socket.end(`ok ${value}`),
      (error: unknown) => socket.end(`no ${String(error)}`),
    );
  });
}

/** vitest globalSetup: starts nothing until a test asks, stops everything at the end of the run. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const directory = mkdtempSync(path.join(tmpdir(), 'waping-db-'));
  const keeper = new Keeper(directory);
  const server = createServer((socket) => serve(keeper, socket));
  const address = path.join(directory, 'keeper.sock');
  await new Promise<void>((resolve) => server.listen(address, resolve));
  project.provide('databaseKeeper', address);
  return async () => {
    server.close();
    await keeper.stop();
  };
}
