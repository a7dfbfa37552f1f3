import { mkdirSync } from 'node:fs';
import { expect } from 'vitest';
import { openDatabase } from '../../src/platform/db/open.ts';
import type { Db } from '../../src/platform/db/port.ts';
import { createLogger } from '../../src/platform/log.ts';
import { errorOf, objectOf, type Reply } from './api.ts';
import { createStorage, type DatabaseKind, type TestStorage } from './db.ts';
import { type PersonClient, signedIn } from './person.ts';
import { TestServer } from './server.ts';
import { SmtpSink } from './smtp-sink.ts';

export const OTHER_PASSWORD = 'another fine password';
export const WRONG = 'not the password';

/** An error with this code; `param` must be among its details. */
export function expectError(reply: Reply, status: number, code: string, param?: string): void {
  expect([reply.status, errorOf(reply)['code']], JSON.stringify(reply.body)).toEqual([status, code]);
  if (param === undefined) return;
  const details = [errorOf(reply)['details']].flat().map((detail) => objectOf({ detail }, 'detail')['param']);
  expect(details, JSON.stringify(reply.body)).toContain(param);
}

/** The secret of an invitation or reset link. */
export const tokenOf = (link: unknown) => String(link).split('#')[1] ?? '';

/** A server with mail and a signed-in owner, on one kind of database. */
export class PeopleWorld implements AsyncDisposable {
  readonly storage: TestStorage;
  readonly smtp: SmtpSink;
  server: TestServer;
  owner: PersonClient;

  private constructor(parts: { storage: TestStorage; smtp: SmtpSink; server: TestServer; owner: PersonClient }) {
    this.storage = parts.storage;
    this.smtp = parts.smtp;
    this.server = parts.server;
    this.owner = parts.owner;
  }

  static async start(kind: DatabaseKind): Promise<PeopleWorld> {
    const storage = await createStorage(kind);
    mkdirSync(storage.dataDir, { recursive: true });
    const smtp = await SmtpSink.start();
    const { dataDir, databaseUrl } = storage;
    const env = { WAPING_SMTP_URL: smtp.url, WAPING_SANDBOX: 'off' };
    const server = await TestServer.start({ dataDir, databaseUrl, env });
    return new PeopleWorld({ storage, smtp, server, owner: await signedIn(server.url, server.owner) });
  }

  /** Does something while the server rests: the embedded database has one process at a time. */
  async meanwhile<T>(work: () => Promise<T>): Promise<T> {
    await this.server.stop();
    try {
      return await work();
    } finally {
      this.server = await this.server.again();
      this.owner = this.owner.at(this.server.url);
    }
  }

  withDb<T>(work: (db: Db) => Promise<T>): Promise<T> {
    return this.meanwhile(async () => {
      const { dataDir, databaseUrl } = this.storage;
      await using db = await openDatabase({ dataDir, databaseUrl, log: createLogger('silent') });
      return await work(db);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server[Symbol.asyncDispose]();
    await this.smtp[Symbol.asyncDispose]();
    await this.storage[Symbol.asyncDispose]();
  }
}
