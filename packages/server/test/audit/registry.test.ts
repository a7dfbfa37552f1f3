import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Actor } from '../../src/operations/context.ts';
import type { Operation } from '../../src/operations/define.ts';
import { registry } from '../../src/operations/registry.ts';
import {
  type Db,
  type Queryable,
  ROWS,
  type SqlValue,
  type Statement,
  type Transactional,
} from '../../src/platform/db/port.ts';
import { WapingError } from '../../src/platform/errors.ts';
import { newId } from '../../src/platform/ids.ts';
import { createLogger } from '../../src/platform/log.ts';
import { SandboxHost } from '../../src/platform/sandbox-host.ts';
import { describeEachDb } from '../kit/db.ts';
import { actorOf, callByExample, furnish } from './world.ts';

/** Every row of the log, whosesoever. */
interface Row {
  id: string;
  workspace_id: string;
  actor_kind: string;
  actor_id: string;
  action: string;
  target_kind: string | null;
  target_id: string | null;
  outcome: string;
  address: string;
  request_id: string;
  all: string;
}

const rowsAfter = (db: Db, lastId: string): Promise<Row[]> =>
  db.query<Row>('select *, audit::text as all from audit where id > $1 order by id', [lastId]);

/** What comes after this in the log is new. */
const mark = () => newId('aud');

const WRITES = /^\s*(\/\* rows \*\/\s*)?(insert|update|delete|with)\b/i;
const IS_AUDIT = /insert into audit\b/;
/** What may be written apart from the change: a reader's own traces. */
const word = (sql: string) => (IS_AUDIT.test(sql) ? 'audit' : WRITES.test(sql) ? 'write' : 'read');

const POWER_CUT = 'division by zero';

interface Watched {
  db: Db;
  /** What ran together, as one commit. */
  commits: string[][];
}

/** The database, with a note of which statements commit together; with `cut`, the current goes before each commit. */
function watch(real: Db, { cut = false } = {}): Watched {
  const commits: string[][] = [];
  const noting = (target: Queryable, words: string[]): Queryable => ({
    query: <R>(sql: string, params: readonly SqlValue[] = []) => {
      words.push(word(sql));
      return target.query<R>(sql, params);
    },
  });
  const around = (target: Transactional): Transactional => ({
    query: <R>(sql: string, params: readonly SqlValue[] = []) => {
      commits.push([word(sql)]);
      return target.query<R>(sql, params);
    },
    batch: (statements) => {
      commits.push(statements.map(({ sql }) => word(sql)));
      return target.batch(cut ? [...statements, { sql: 'select 1 / 0' }] : statements);
    },
    tx: (fn) => {
      const words: string[] = [];
      commits.push(words);
      return target.tx(async (tx) => {
        const result = await fn({ ...tx, ...noting(tx, words), later: noting(tx.later, words) });
        if (cut) await tx.query('select 1 / 0');
        return result;
      });
    },
  });
  return {
    db: { ...real, ...around(real), within: (workspaceId, personId) => around(real.within(workspaceId, personId)) },
    commits,
  };
}

/** The rights of a key that may nothing. */
const NOTHING = { scopes: [] };

const mutating = registry.filter((operation) => operation.mutates);
const reading = registry.filter((operation) => !operation.mutates);
const named = (operations: readonly Operation[]) => operations.map((operation) => [operation.id, operation] as const);

describeEachDb('the audit log', (database) => {
  let sandbox: SandboxHost;
  const dir = mkdtempSync(path.join(tmpdir(), 'waping-audit-'));
  beforeAll(async () => {
    sandbox = await SandboxHost.start(dir, createLogger('silent'));
  });
  afterAll(async () => {
    await sandbox[Symbol.asyncDispose]();
    rmSync(dir, { recursive: true, force: true });
  });

  describe.each(named(mutating))('of %s', (_id, operation) => {
    it('gets exactly one row, in the transaction of the change', async () => {
      const world = await furnish(database().db, sandbox);
      const from = mark();
      const { db, commits } = watch(database().db);
      await callByExample(world, operation, { on: db });
      const rows = await rowsAfter(database().db, from);
      expect(rows).toHaveLength(1);
      expect(rows[0]).toMatchObject({
        action: operation.id,
        outcome: 'done',
        actor_kind: actorOf(operation, world).kind,
        address: '192.0.2.7',
        request_id: expect.stringMatching(/^req_/),
        target_kind: expect.stringMatching(/^[a-z_]+$/),
        target_id: expect.any(String),
      });
      const [row] = rows;
      // The operator's doings stand in the workspace concerned, everyone else's in their own.
      const concerned = operation.audience === 'operator' ? row?.target_id : world.ids['ws'];
      expect(row?.workspace_id).toBe(concerned);
      const writing = commits.filter((words) => words.includes('write') || words.includes('audit'));
      expect(writing, 'one commit holds every write').toHaveLength(1);
      expect(writing[0]?.filter((one) => one === 'audit')).toHaveLength(1);
      expect(writing[0]).toContain('write');
      expect(
        commits.filter((words) => words.length > 1 || words[0] !== 'read'),
        'nothing else',
      ).toHaveLength(1);
    });

    it('gets none when its commit fails', async () => {
      const world = await furnish(database().db, sandbox);
      const from = mark();
      const { db } = watch(database().db, { cut: true });
      await expect(callByExample(world, operation, { on: db })).rejects.toThrow(POWER_CUT);
      expect(await rowsAfter(database().db, from)).toEqual([]);
    });
  });

  it.each(named(mutating.filter((operation) => operation.idempotent)))(
    'gets one row of %s in total, however often an Idempotency-Key is repeated',
    async (_id, operation) => {
      const world = await furnish(database().db, sandbox);
      const [from, key] = [mark(), newId('req')];
      const replies = [];
      for (let i = 0; i < 3; i++) replies.push(await callByExample(world, operation, { key }));
      expect(replies.map((reply) => reply.replayed)).toEqual([false, true, true]);
      expect(await rowsAfter(database().db, from)).toHaveLength(1);
      const racing = newId('req');
      const another = await furnish(database().db, sandbox);
      const race = Array.from({ length: 5 }, () => callByExample(another, operation, { key: racing }));
      await Promise.allSettled(race);
      expect(await rowsAfter(database().db, from)).toHaveLength(2);
    },
  );

  it('costs a send no round trip: its row goes with the writes, and waiting sends can still be run as one', async () => {
    const { caller, ids } = await furnish(database().db, sandbox);
    const batches: Statement[][] = [];
    const send = (by: typeof caller) => by.send(ids['dev'] ?? '', '+15551230000', { key: newId('req') });
    // The first to a number also makes the contact and the chat.
    await send(caller);
    const real = database().db;
    const within = (workspaceId: string, personId?: string): Transactional => {
      const own = real.within(workspaceId, personId);
      return {
        ...own,
        batch: (statements) => {
          batches.push([...statements]);
          return own.batch(statements);
        },
      };
    };
    await send(caller.on({ ...real, within }));
    expect(batches).toHaveLength(1);
    const [statements = []] = batches;
    expect(statements.filter(({ sql }) => IS_AUDIT.test(sql))).toHaveLength(1);
    for (const { sql, params = [] } of statements) {
      expect(sql.startsWith(ROWS), sql).toBe(true);
      expect(params.every((param) => Array.isArray(param) && param.length > 0)).toBe(true);
    }
    // The count of the month, which other sends wait for, is still the last.
    expect(IS_AUDIT.test(statements.at(-1)?.sql ?? '')).toBe(false);
    expect(statements.at(-1)?.sql).toMatch(/usage_/);
  });

  it('gets none of a call that is refused', async () => {
    const { caller, ids } = await furnish(database().db, sandbox);
    const from = mark();
    for (const operation of mutating.filter(({ audience }) => audience !== 'operator')) {
      const params = Object.fromEntries(Object.keys(operation.params?.shape ?? {}).map((name) => [name, 'none']));
      const body = operation.body ? { body: { nonsense: true } } : {};
      // What takes no input can only be refused to who may not.
      const actor: Actor = { ...actorOf(operation, { ids }), ...(operation.params || operation.body ? {} : NOTHING) };
      const refused = caller.call(operation.id, { params, ...body }, { actor });
      await expect(refused, operation.id).rejects.toBeInstanceOf(WapingError);
    }
    expect(await rowsAfter(database().db, from)).toEqual([]);
  });

  it('gets none of a read', async () => {
    const world = await furnish(database().db, sandbox);
    const from = mark();
    let answered = 0;
    for (const operation of reading) {
      // Some have nothing to read here; none may leave a trace, whatever it answers.
      await callByExample(world, operation).then(
        () => (answered += 1),
        (error: unknown) => expect(error, operation.id).toBeInstanceOf(WapingError),
      );
    }
    expect(answered).toBeGreaterThan(8);
    expect(await rowsAfter(database().db, from)).toEqual([]);
  });

  it('holds no secret and no message body of anything that was done', async () => {
    const from = mark();
    const secrets: string[] = ['Your order #12345 is confirmed.'];
    for (const operation of mutating) {
      const { body } = await callByExample(await furnish(database().db, sandbox), operation);
      secrets.push(...(String(body).match(/wap_\w+|(?<=#)[\w-]{40,}/g) ?? []));
    }
    expect(secrets.length, 'a key and a link at the least').toBeGreaterThan(2);
    const log = (await rowsAfter(database().db, from)).map((row) => row.all).join('\n');
    expect(log.length).toBeGreaterThan(1_000);
    for (const secret of secrets) expect(log).not.toContain(secret);
  });
});
