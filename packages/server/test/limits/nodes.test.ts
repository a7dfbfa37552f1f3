import { mkdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { Queryable } from '../../src/platform/db/port.ts';
import { createLogger } from '../../src/platform/log.ts';
import { addCounts } from '../../src/platform/rate/rate-store.ts';
import { Settler } from '../../src/platform/rate/settler.ts';
import { aheadOf, Windows } from '../../src/platform/rate/windows.ts';
import { Caller } from '../kit/calls.ts';
import { createStorage, describeEachDb } from '../kit/db.ts';
import { TestServer } from '../kit/server.ts';

const log = createLogger('silent');
const LIMIT = 400;

describeEachDb('counts shared by nodes', (database) => {
  it('are known to a node once both have settled', async () => {
    const { db } = database();
    const node = () => {
      const windows = new Windows(() => 1_000);
      return { windows, settler: new Settler({ db, windows, log, now: () => 1_000 }) };
    };
    const [a, b] = [node(), node()];
    const { workspaceId } = await Caller.create(db);
    const key = { workspaceId, name: 'key key_1', limit: 100 };
    for (let i = 0; i < 15; i++) a.windows.take([key]);
    await a.settler.settle();
    b.windows.take([key]);
    await b.settler.settle();
    expect(b.windows.read([key])[0]).toMatchObject({ remaining: 84 });
    // Another workspace's counter of the same name is another.
    expect(b.windows.read([{ ...key, workspaceId: 'ws_b' }])[0]).toMatchObject({ remaining: 100 });
    await a.settler[Symbol.asyncDispose]();
    await b.settler[Symbol.asyncDispose]();
  });

  it('of windows that are over are swept up', async () => {
    const { db } = database();
    const { workspaceId } = await Caller.create(db);
    const count = { workspaceId, name: 'key old', windowEnd: 5_000, used: 3 };
    expect(await addCounts(db, [count], 0)).toEqual([count]);
    await addCounts(db, [{ ...count, name: 'key new', windowEnd: 90_000 }], 60_000);
    expect(await addCounts(db, [count], 0)).toEqual([count]);
    expect(await addCounts(db, [count], 0)).toEqual([{ ...count, used: 6 }]);
  });

  it('of a workspace that is gone are kept by nobody', async () => {
    const { db } = database();
    const count = { workspaceId: 'ws_gone', name: 'key old', windowEnd: 5_000, used: 3 };
    expect(await addCounts(db, [count, { ...count, workspaceId: '' }], 0)).toEqual([{ ...count, workspaceId: '' }]);
  });

  it('that cannot be exchanged leave a node counting by itself, and are exchanged when they can be', async () => {
    const { db } = database();
    const state = { broken: true };
    const lame: Queryable = {
      query: async <Row>(sql: string, params?: Parameters<Queryable['query']>[1]) => {
        if (state.broken) throw new Error('unreachable');
        return db.query<Row>(sql, params);
      },
    };
    const windows = new Windows(() => 1_000);
    const settler = new Settler({ db: lame, windows, log, now: () => 1_000 });
    const { workspaceId } = await Caller.create(db);
    const key = { workspaceId, name: 'key key_2', limit: 100 };
    windows.take([key]);
    await settler.settle();
    for (let i = 1; i < 100; i++) expect(windows.take([key])[0]?.refused).toBe(null);
    expect(windows.take([key])[0]?.refused).toBe('spent');
    state.broken = false;
    await settler.settle();
    const [row] = await addCounts(
      db,
      [{ workspaceId, name: 'key key_2', windowEnd: 1_000 + (windows.read([key])[0]?.resetMs ?? 0), used: 0 }],
      0,
    );
    expect(row?.used).toBe(100);
    await settler[Symbol.asyncDispose]();
  });
});

it('does not hold back for a database that takes longer than a second', async () => {
  let answer = (): void => {};
  const slow: Queryable = {
    query: <Row>() =>
      new Promise<Row[]>((resolve) => {
        answer = () => resolve([]);
      }),
  };
  const windows = new Windows(() => 1_000);
  const settler = new Settler({ db: slow, windows, log, now: () => 1_000 });
  const key = { workspaceId: 'ws_d', name: 'key key_3', limit: 1_000 };
  const taken = () => windows.take([key])[0]?.refused;
  while (taken() === null);
  expect(taken()).toBe('ahead');
  await sleep(1_300);
  expect(taken()).toBe(null);
  answer();
  const ended = settler[Symbol.asyncDispose]();
  await sleep(10);
  answer();
  await ended;
});

/** Asks as fast as it is answered; the requests that were not refused. */
async function flood(server: TestServer, until: number): Promise<number> {
  let admitted = 0;
  const client = async () => {
    while (Date.now() < until) {
      const { status } = await server.api.get('/v1/devices');
      if (status === 200) admitted += 1;
      else expect(status).toBe(429);
    }
  };
  await Promise.all(Array.from({ length: 8 }, client));
  return admitted;
}

describe('two server processes', () => {
  it('together admit a limit, and at most what each may admit untold beyond it', async () => {
    await using storage = await createStorage('postgres');
    const env = {
      WAPING_SANDBOX: 'off',
      WAPING_MASTER_KEY: 'ab'.repeat(32),
      WAPING_RATE_LIMIT: String(LIMIT),
      WAPING_RATE_LIMITS: 'workspace=off,read=off',
    };
    const { databaseUrl } = storage;
    mkdirSync(storage.dataDir, { recursive: true });
    const secondDir = await mkdtemp(path.join(tmpdir(), 'waping-second-node-'));
    await using first = await TestServer.start({ dataDir: storage.dataDir, databaseUrl, env });
    const { apiKey } = first;
    await using second = await TestServer.start({ dataDir: secondDir, databaseUrl, env, apiKey });
    const reply = await first.api.get('/v1/devices');
    const t = Number(/;t=(\d+)/.exec(reply.headers.get('ratelimit') ?? '')?.[1]);
    // The flood is to lie inside one window.
    const fresh = t < 20;
    if (fresh) await sleep(t * 1000 + 500);
    const until = Date.now() + 12_000;
    const admitted = await Promise.all([flood(first, until), flood(second, until)]);
    const sum = admitted[0] + admitted[1] + (fresh ? 0 : 1);
    expect(sum).toBeGreaterThanOrEqual(LIMIT);
    expect(sum).toBeLessThanOrEqual(LIMIT + 2 * aheadOf(LIMIT));
    // Both had their part: the bound is not that of a node that was refused everything.
    expect(Math.min(...admitted)).toBeGreaterThan(LIMIT / 10);
    await rm(secondDir, { recursive: true, force: true });
  });
});
