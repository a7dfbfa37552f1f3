import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { issueApiKey, LastUsed } from '../../src/features/api-keys/index.ts';
import { findApiKey } from '../../src/features/api-keys/store.ts';
import type { Queryable, SqlValue } from '../../src/platform/db/port.ts';
import { Caller } from '../kit/calls.ts';
import { describeEachDb } from '../kit/db.ts';

const START = new Date('2026-11-01T12:00:00.000Z');

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'Date'], now: START });
});
afterEach(() => {
  vi.useRealTimers();
});

/** A database that counts the statements it runs, and fails as long as it is told to. */
class Counting implements Queryable {
  readonly #db: Queryable;
  statements = 0;
  broken = false;

  constructor(db: Queryable) {
    this.#db = db;
  }

  query<Row>(sql: string, params?: readonly SqlValue[]): Promise<Row[]> {
    this.statements += 1;
    return this.broken ? Promise.reject(new Error('away')) : this.#db.query<Row>(sql, params);
  }
}

describeEachDb('the last use of a key', (database) => {
  async function make(count: number) {
    const { db } = database();
    const { workspaceId } = await Caller.create(db);
    const ids: string[] = [];
    for (let i = 0; i < count; i++)
      ids.push((await issueApiKey(db, { workspaceId, name: 'K', scopes: ['*'], expiresAt: null })).id);
    const counting = new Counting(db);
    const errors: unknown[] = [];
    const lastUsed = new LastUsed(counting, (error) => errors.push(error));
    const use = (id: string, ip: string) => lastUsed.note({ workspaceId, id, at: new Date(), ip });
    const shown = async (id: string) => {
      const row = await findApiKey(db, id);
      return [row?.last_used_at?.toISOString(), row?.last_used_ip];
    };
    return { ids, counting, errors, lastUsed, use, shown };
  }

  /** Lets time pass, and what it sets off end. */
  async function pass(ms: number, counting: Counting, statements: number): Promise<void> {
    await vi.advanceTimersByTimeAsync(ms);
    await expect.poll(() => counting.statements, { interval: 5 }).toBe(statements);
  }

  it('of many keys is written in one statement', async () => {
    const { ids, counting, use, shown, lastUsed } = await make(20);
    for (const [at, id] of ids.entries()) use(id, `192.0.2.${at}`);
    await pass(5_000, counting, 1);
    await lastUsed[Symbol.asyncDispose]();
    expect(counting.statements).toBe(1);
    for (const [at, id] of ids.entries()) expect(await shown(id)).toEqual([START.toISOString(), `192.0.2.${at}`]);
  });

  it('is written once a minute, however often it is used, and whole at the end', async () => {
    const { ids, counting, use, shown, lastUsed } = await make(1);
    const [id = ''] = ids;
    for (let second = 0; second < 60; second += 1) {
      use(id, `192.0.2.${second}`);
      await vi.advanceTimersByTimeAsync(1_000);
      if (second === 5) await expect.poll(() => counting.statements, { interval: 5 }).toBe(1);
    }
    expect(counting.statements).toBe(1);
    await pass(10_000, counting, 2);
    use(id, '2001:db8::1');
    const last = new Date().toISOString();
    await lastUsed[Symbol.asyncDispose]();
    expect(counting.statements).toBe(3);
    expect(await shown(id)).toEqual([last, '2001:db8::1']);
  });

  it('is not lost when the database is away for a while', async () => {
    const { ids, counting, errors, use, shown, lastUsed } = await make(1);
    const [id = ''] = ids;
    counting.broken = true;
    use(id, '192.0.2.1');
    await pass(5_000, counting, 1);
    await expect.poll(() => errors.length, { interval: 5 }).toBe(1);
    counting.broken = false;
    await pass(5_000, counting, 2);
    await lastUsed[Symbol.asyncDispose]();
    expect(await shown(id)).toEqual([START.toISOString(), '192.0.2.1']);
  });

  it('is never set back by a node that tells of an older one', async () => {
    const { ids, use, shown, lastUsed } = await make(1);
    const [id = ''] = ids;
    use(id, '192.0.2.2');
    await lastUsed[Symbol.asyncDispose]();
    const slow = new LastUsed(database().db, () => undefined);
    const row = await findApiKey(database().db, id);
    slow.note({ workspaceId: row?.workspace_id ?? '', id, at: new Date(START.getTime() - 1), ip: '192.0.2.1' });
    await slow[Symbol.asyncDispose]();
    expect(await shown(id)).toEqual([START.toISOString(), '192.0.2.2']);
  });
});
