import { mkdirSync } from 'node:fs';
import { expect } from 'vitest';
import { ApiClient, type Json, type Reply } from './api.ts';
import { createStorage, type DatabaseKind, type TestStorage } from './db.ts';
import { type PersonClient, signedIn } from './person.ts';
import { expectOk } from './sandbox-device.ts';
import { TestServer } from './server.ts';

export const OPERATOR_KEY = 'operator-key-of-the-keys-suite-0123456789abc';
/** What is done to a key is in force within this. */
export const IN_FORCE_MS = 1_000;
/** A device id that nobody has. */
export const NOBODY = 'dev_01jd8k3v5q7w9x2y4z6a8b0c1d';

/** The secret of the key a text shows. It may hold underscores, which part a key as well. */
export function secretOf(text: string): string {
  const secret = /wap_[a-z0-9]{26}_([\w-]{43})_[0-9a-f]{8}/.exec(text)?.[1];
  if (secret === undefined) throw new Error('the text shows no key');
  return secret;
}

export interface MadeKey {
  id: string;
  api: ApiClient;
  body: Json;
}

/** A server on one kind of database, and what tests of keys do with it. */
export class KeyWorld implements AsyncDisposable {
  readonly storage: TestStorage;
  readonly server: TestServer;
  readonly owner: PersonClient;

  private constructor(parts: { storage: TestStorage; server: TestServer; owner: PersonClient }) {
    this.storage = parts.storage;
    this.server = parts.server;
    this.owner = parts.owner;
  }

  static async start(kind: DatabaseKind): Promise<KeyWorld> {
    const storage = await createStorage(kind);
    const { dataDir, databaseUrl } = storage;
    mkdirSync(dataDir, { recursive: true });
    const env = { WAPING_SANDBOX: 'off', WAPING_OPERATOR_KEY: OPERATOR_KEY, WAPING_RATE_LIMIT: '100000' };
    const server = await TestServer.start({ dataDir, databaseUrl, env });
    return new KeyWorld({ storage, server, owner: await signedIn(server.url, server.owner) });
  }

  /** The key of the first start, which may do everything. */
  get api(): ApiClient {
    return this.server.api;
  }

  async make(body: Json, by: ApiClient = this.api): Promise<MadeKey> {
    const made = await expectOk(by.post('/v1/keys', { name: 'Test', scopes: ['devices:read'], ...body }));
    return { id: String(made['id']), api: new ApiClient(this.server.url, String(made['apiKey'])), body: made };
  }

  change(id: string, body: Json, by: ApiClient = this.api): Promise<Reply> {
    return by.call('PATCH', `/v1/keys/${id}`, body);
  }

  /** What a key is answered that reads devices. */
  async statusOf(api: ApiClient): Promise<number> {
    return (await api.get('/v1/devices')).status;
  }

  /** Waits, no longer than promised, for a key to be answered so. */
  async inForce(api: ApiClient, status: number): Promise<void> {
    await expect.poll(() => this.statusOf(api), { timeout: IN_FORCE_MS, interval: 20 }).toBe(status);
  }

  async newDevice(): Promise<string> {
    return String((await expectOk(this.api.post('/v1/devices', { label: 'One', network: 'sandbox' })))['id']);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server[Symbol.asyncDispose]();
    await this.storage[Symbol.asyncDispose]();
  }
}
