import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { freePort, GuardedChild } from './child.ts';
import { installed, unpacked } from './debian.ts';

const START_MS = 30_000;
export const NATS_USER = 'waping';
/** Needs decoding in an address, and must never be seen in a log. */
export const NATS_PASSWORD = 'nats/S3cret@x';

/** A message of a stream, as it is stored. */
export interface Stored {
  subject: string;
  id: string;
  json: Record<string, unknown>;
}

async function program(): Promise<string> {
  if ((await installed('apt-get')) !== null)
    return path.join(await unpacked('nats', ['nats-server']), 'usr/sbin/nats-server');
  const found = await installed('nats-server');
  if (found === null) throw new Error('These tests need a NATS server: install nats-server');
  return found;
}

/** A NATS server of our own with JetStream, on loopback. It can be killed and started again on what it stored. */
export class NatsServer implements AsyncDisposable {
  readonly port: number;
  readonly #dir: string;
  #child: GuardedChild | null = null;

  private constructor(dir: string, port: number) {
    this.#dir = dir;
    this.port = port;
  }

  static async start(): Promise<NatsServer> {
    const server = new NatsServer(await mkdtemp(path.join(tmpdir(), 'waping-nats-')), await freePort());
    await server.start();
    return server;
  }

  get url(): string {
    return `nats://${NATS_USER}:${encodeURIComponent(NATS_PASSWORD)}@127.0.0.1:${this.port}`;
  }

  async start(): Promise<void> {
    const args = ['-a', '127.0.0.1', '-p', String(this.port), '-js', '-sd', this.#dir];
    const rights = ['--user', NATS_USER, '--pass', NATS_PASSWORD];
    this.#child = new GuardedChild(await program(), [...args, ...rights], { cwd: this.#dir, env: {} });
    await this.#child.until(/Server is ready/, START_MS);
  }

  async kill(): Promise<void> {
    await this.#child?.kill();
    this.#child = null;
  }

  connect(): Promise<NatsConnection> {
    return connect({ servers: `127.0.0.1:${this.port}`, user: NATS_USER, pass: NATS_PASSWORD });
  }

  /** Everything in a stream, oldest first; nothing where there is no stream. */
  async stored(stream = 'WAPING'): Promise<Stored[]> {
    const connection = await this.connect();
    try {
      const { streams } = await jetstreamManager(connection);
      const info = await streams.info(stream).catch(() => null);
      const found: Stored[] = [];
      for (let seq = Math.max(1, info?.state.first_seq ?? 1); info && seq <= info.state.last_seq; seq++) {
        const message = await streams.getMessage(stream, { seq });
        if (message === null) continue;
        found.push({ subject: message.subject, id: message.header.get('Nats-Msg-Id'), json: message.json() });
      }
      return found;
    } finally {
      await connection.close();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    await rm(this.#dir, { recursive: true, force: true });
  }
}
