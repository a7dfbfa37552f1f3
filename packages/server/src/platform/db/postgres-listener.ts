import pg from 'pg';
import type { Logger } from '../log.ts';

type Listener = (payload: string) => void;

const RETRY_FIRST_MS = 200;
const RETRY_LAST_MS = 10_000;

/**
 * LISTEN on a connection of its own, taken again when it breaks. A listener is also called (with an empty payload)
 * after a reconnection, because what was said meanwhile is lost: every message only means "look".
 */
export class PostgresListener {
  readonly #config: pg.ClientConfig;
  readonly #log: Logger;
  readonly #channels = new Map<string, Set<Listener>>();
  #client: pg.Client | undefined;
  #opening: Promise<pg.Client> | undefined;
  #retry: NodeJS.Timeout | undefined;
  #retryMs = RETRY_FIRST_MS;
  #closed = false;

  constructor(config: pg.ClientConfig, log: Logger) {
    this.#config = config;
    this.#log = log;
  }

  /** Listens; returns the way to stop. Rejects when the server is away at the first call. */
  async add(channel: string, listener: Listener): Promise<() => Promise<void>> {
    const client = await this.#connected();
    const set = this.#channels.get(channel) ?? new Set();
    if (set.size === 0) await client.query(`LISTEN ${pg.escapeIdentifier(channel)}`);
    this.#channels.set(channel, set.add(listener));
    return () => this.#remove(channel, listener);
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#retry);
    await this.#opening?.catch(() => undefined);
    await this.#client?.end();
  }

  async #remove(channel: string, listener: Listener): Promise<void> {
    const set = this.#channels.get(channel);
    if (set?.delete(listener) !== true || set.size > 0) return;
    this.#channels.delete(channel);
    // A broken connection listens to nothing anyway.
    await this.#client?.query(`UNLISTEN ${pg.escapeIdentifier(channel)}`).catch(() => undefined);
  }

  #connected(): Promise<pg.Client> {
    if (this.#client !== undefined) return Promise.resolve(this.#client);
    this.#opening ??= this.#open().finally(() => {
      this.#opening = undefined;
    });
    return this.#opening;
  }

  async #open(): Promise<pg.Client> {
    const client = new pg.Client(this.#config);
    client.on('notification', ({ channel, payload }) => this.#tell(channel, payload ?? ''));
    client.on('error', (error) => this.#log.warn({ err: error }, 'the notification connection broke'));
    client.once('end', () => this.#lost(client));
    try {
      await client.connect();
      for (const channel of this.#channels.keys()) await client.query(`LISTEN ${pg.escapeIdentifier(channel)}`);
    } catch (error) {
      await client.end().catch(() => undefined);
      throw error;
    }
    this.#client = client;
    this.#retryMs = RETRY_FIRST_MS;
    return client;
  }

  #tell(channel: string, payload: string): void {
    for (const listener of this.#channels.get(channel) ?? []) listener(payload);
  }

  #lost(client: pg.Client): void {
    if (this.#client !== client) return;
    this.#client = undefined;
    this.#planRetry();
  }

  #planRetry(): void {
    if (this.#closed) return;
    this.#retry = setTimeout(() => {
      this.#connected().then(
        () => {
          for (const channel of this.#channels.keys()) this.#tell(channel, '');
        },
        () => this.#planRetry(),
      );
    }, this.#retryMs);
    this.#retryMs = Math.min(this.#retryMs * 2, RETRY_LAST_MS);
  }
}
