import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'vitest';
import { ApiClient, type Json, rowsOf } from './api.ts';
import { createStorage, type DatabaseKind, type TestStorage } from './db.ts';
import { OPERATOR_KEY } from './keys.ts';
import { expectOk } from './sandbox-device.ts';
import { runCli, TestServer } from './server.ts';

const PAGE = 100;
const SOON_MS = 60_000;
/** Devices are what events are made by: as many as a test wants. */
const PLANS = { plans: { tests: { devices: 10_000, outboundPerMonth: 1_000, apiAccess: true } } };

/** Writes the plans of a test's nodes; its path. */
export function plansFile(directory: string): string {
  const file = path.join(directory, 'plans.json');
  writeFileSync(file, JSON.stringify(PLANS));
  return file;
}

/** A gateway whose events go to a broker, and what tests of that do with it. */
export class SinkWorld implements AsyncDisposable {
  readonly storage: TestStorage;
  server: TestServer;
  /** What all its lives have written to their logs. */
  #output = '';

  private constructor(storage: TestStorage, server: TestServer) {
    this.storage = storage;
    this.server = server;
  }

  static async start(kind: DatabaseKind, env: Record<string, string>): Promise<SinkWorld> {
    const storage = await createStorage(kind);
    const { dataDir, databaseUrl } = storage;
    mkdirSync(dataDir, { recursive: true });
    const all = {
      WAPING_PLANS: plansFile(dataDir),
      WAPING_SANDBOX: 'off',
      WAPING_OPERATOR_KEY: OPERATOR_KEY,
      WAPING_RATE_LIMIT: '100000',
      WAPING_LOG_LEVEL: 'trace',
      WAPING_SINK_FROM: 'start',
      ...env,
    };
    return new SinkWorld(storage, await TestServer.start({ dataDir, databaseUrl, env: all }));
  }

  /** The next life, with settings changed. Ends this one, if it runs. */
  async again(env: Record<string, string> = {}): Promise<void> {
    await this.server.stop();
    this.#output += this.server.output;
    this.server = await this.server.again(env);
  }

  get output(): string {
    return this.#output + this.server.output;
  }

  /** What `waping doctor` says, with these settings. The embedded database has one user: stop the server first. */
  doctor(env: Record<string, string>): ReturnType<typeof runCli> {
    const { dataDir, databaseUrl } = this.storage;
    return runCli(['doctor'], {
      WAPING_DATA_DIR: dataDir,
      ...(databaseUrl ? { DATABASE_URL: databaseUrl } : {}),
      ...env,
    });
  }

  /** Makes devices, an event each; returns their ids. Ends early when the server does. */
  async makeDevices(count: number): Promise<string[]> {
    const made: string[] = [];
    for (let n = 0; n < count; n++) {
      const reply = await this.server.api.post('/v1/devices', { label: `${n}`, network: 'whatsapp' }).catch(() => null);
      if (reply === null) break;
      expect(reply.status).toBe(201);
      made.push(String(reply.body['id']));
    }
    return made;
  }

  /** The log of the workspace, as its readers see it. */
  async log(): Promise<Json[]> {
    const events: Json[] = [];
    for (let after = '0'; ; ) {
      const page = await expectOk(this.server.api.get(`/v1/events?limit=${PAGE}&after=${after}`));
      events.push(...rowsOf(page));
      if (page['hasMore'] !== true) return events;
      after = String(page['nextCursor']);
    }
  }

  /** How a sink stands, once that satisfies. */
  async standing(name: string, done: (sink: Json) => boolean): Promise<Json> {
    const operator = new ApiClient(this.server.url, OPERATOR_KEY);
    const sinkOf = (body: Json): Json => rowsOf(body).find((row) => row['name'] === name) ?? {};
    return sinkOf(await operator.until('/v1/operator/sinks', (body) => done(sinkOf(body)), SOON_MS));
  }

  /** Waits until a sink has published everything. */
  async published(name: string): Promise<Json> {
    return this.standing(name, ({ state, behind }) => state === 'running' && behind === 0);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server[Symbol.asyncDispose]();
    await this.storage[Symbol.asyncDispose]();
  }
}

/** The ids of what is given. */
export const idsOf = (rows: readonly Json[]): string[] => rows.map((row) => String(row['id']));
