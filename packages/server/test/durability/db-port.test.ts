import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it, vi } from 'vitest';
import { DatabaseError, isUniqueViolation } from '../../src/platform/db/db-error.ts';
import { describeEachDb } from '../kit/db.ts';

interface Item {
  id: number;
  note: string | null;
}

describeEachDb('the database port', (database, kind) => {
  const fresh = async (name: string): Promise<string> => {
    await database().db.query(`create table ${name} (id integer primary key, note text)`);
    return name;
  };

  it('says which database it is', () => {
    expect(database().db.kind).toBe(kind);
  });

  it('gives int8, numeric and xid8 as text, bytes as bytes, times as dates and JSON parsed', async () => {
    const at = new Date('2026-03-01T10:00:00.123Z');
    const [row] = await database().db.query(
      `select $1::int8 as big, 1.50::numeric as exact, '7'::xid8 as xid, $2::bytea as bytes, $3::timestamptz as at,
        $4::jsonb as doc, true as flag, 1::int4 as small, 1.5::float8 as real, null::text as nothing, date '2026-03-01' as day`,
      [9007199254740993n, new Uint8Array([0, 255, 7]), at, JSON.stringify({ a: [1, 'ü'] })],
    );
    expect(row).toMatchObject({
      big: '9007199254740993',
      exact: '1.50',
      xid: '7',
      at,
      doc: { a: [1, 'ü'] },
      flag: true,
      small: 1,
      real: 1.5,
      nothing: null,
      day: '2026-03-01',
    });
    expect(row).toHaveProperty('bytes', Buffer.from([0, 255, 7]));
  });

  it('passes arrays with quotes, backslashes, blanks, NULL, bytes and dates unchanged', async () => {
    const texts = ['a"b', 'c\\d', '', ' ', 'NULL', '{x,y}', null];
    const at = new Date('2026-03-01T10:00:00Z');
    const [row] = await database().db.query(
      'select $1::text[] as texts, $2::bytea[] as bytes, $3::timestamptz[] as ats',
      [texts, [new Uint8Array([1, 92])], [at]],
    );
    expect(row).toEqual({ texts, bytes: [Buffer.from([1, 92])], ats: [at] });
  });

  it('reports a refused statement with its code and constraint', async () => {
    const table = await fresh('refused');
    await database().db.query(`insert into ${table} values (1)`);
    const error: unknown = await database()
      .db.query(`insert into ${table} values (1)`)
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(DatabaseError);
    expect(error).toMatchObject({ sqlstate: '23505', constraint: 'refused_pkey', table: 'refused' });
    expect(isUniqueViolation(error, 'refused_pkey')).toBe(true);
    expect(isUniqueViolation(error, 'other')).toBe(false);
  });

  it('runs a batch in order and gives the rows of each statement', async () => {
    const table = await fresh('ordered');
    const rows = await database().db.batch([
      { sql: `insert into ${table} values ($1, $2) returning id`, params: [1, 'a'] },
      { sql: `insert into ${table} values ($1, $2) returning id`, params: [2, null] },
      { sql: `update ${table} set note = 'b' where id = 1` },
      { sql: `select * from ${table} order by id` },
    ]);
    expect(rows).toEqual([
      [{ id: 1 }],
      [{ id: 2 }],
      [],
      [
        { id: 1, note: 'b' },
        { id: 2, note: null },
      ],
    ]);
    expect(await database().db.batch([])).toEqual([]);
  });

  it('stores nothing of a batch when one statement is refused', async () => {
    const table = await fresh('whole');
    await expect(
      database().db.batch([{ sql: `insert into ${table} values (1)` }, { sql: `insert into ${table} values (1)` }]),
    ).rejects.toMatchObject({ sqlstate: '23505' });
    expect(await database().db.query(`select * from ${table}`)).toEqual([]);
  });

  it('refuses only the failing one of many writes sent at once', async () => {
    const table = await fresh('crowd');
    await database().db.query(`insert into ${table} values (7)`);
    const results = await Promise.allSettled(
      Array.from({ length: 40 }, (_, id) =>
        database().db.batch([{ sql: `insert into ${table} values ($1) returning id`, params: [id] }]),
      ),
    );
    expect(results.flatMap((result, id) => (result.status === 'rejected' ? [id] : []))).toEqual([7]);
    const [count] = await database().db.query(`select count(*)::int as n from ${table}`);
    expect(count).toEqual({ n: 40 });
  });

  it('refuses a deferred constraint at commit without touching its neighbours', async () => {
    await database().db.query('create table parent (id integer primary key)');
    await database().db.query(
      'create table child (id integer primary key, parent integer references parent deferrable initially deferred)',
    );
    const insert = (id: number, parent: number | null) =>
      database().db.query('insert into child values ($1, $2)', [id, parent]);
    const results = await Promise.allSettled([insert(1, null), insert(2, 99), insert(3, null)]);
    expect(results.map((result) => result.status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(await database().db.query('select id from child order by id')).toEqual([{ id: 1 }, { id: 3 }]);
  });

  it('commits a transaction and then runs its afterCommit', async () => {
    const table = await fresh('committed');
    const seen: string[] = [];
    const value = await database().db.tx(async (tx) => {
      tx.afterCommit(() => seen.push('after'));
      await tx.query(`insert into ${table} values (1, 'x')`);
      seen.push('inside');
      return 'value';
    });
    expect(value).toBe('value');
    expect(seen).toEqual(['inside', 'after']);
    expect(await database().db.query(`select * from ${table}`)).toEqual([{ id: 1, note: 'x' }]);
  });

  it('rolls a transaction back when its body throws, and does not run afterCommit', async () => {
    const table = await fresh('thrown');
    const after = vi.fn();
    await expect(
      database().db.tx(async (tx) => {
        tx.afterCommit(after);
        await tx.query(`insert into ${table} values (1)`);
        throw new Error('no');
      }),
    ).rejects.toThrow('no');
    expect(after).not.toHaveBeenCalled();
    expect(await database().db.query(`select * from ${table}`)).toEqual([]);
  });

  it('does not call a transaction committed when a statement in it failed and was ignored', async () => {
    const table = await fresh('ignored');
    await expect(
      database().db.tx(async (tx) => {
        await tx.query(`insert into ${table} values (1)`);
        await tx.query(`insert into ${table} values (1)`).catch(() => undefined);
      }),
    ).rejects.toThrow('rolled back');
    expect(await database().db.query(`select * from ${table}`)).toEqual([]);
  });

  it('keeps the writes of others out of a transaction', async () => {
    const table = await fresh('apart');
    const outside: Promise<unknown>[] = [];
    await database()
      .db.tx(async (tx) => {
        await tx.query(`insert into ${table} values (1)`);
        throw new Error('undo');
      })
      .catch(() => undefined);
    outside.push(
      database().db.tx(async (tx) => {
        await tx.query(`insert into ${table} values (2)`);
        await sleep(20);
        await tx.query(`insert into ${table} values (3)`);
      }),
      database().db.query(`insert into ${table} values (4)`),
    );
    await Promise.all(outside);
    expect(await database().db.query<Item>(`select id from ${table} order by id`)).toEqual([
      { id: 2 },
      { id: 3 },
      { id: 4 },
    ]);
  });

  it('refuses the database itself inside a transaction instead of waiting for ever', async () => {
    await expect(database().db.tx(async () => database().db.query('select 1'))).rejects.toThrow('use its `tx`');
    await expect(database().db.tx(async () => database().db.tx(async () => 1))).rejects.toThrow('use its `tx`');
  });

  it('refuses a transaction that is over', async () => {
    const { tx } = await database().db.tx(async (open) => {
      await open.query('select 1');
      return { tx: open };
    });
    await expect(tx.query('select 1')).rejects.toThrow('over');
  });

  it('hears a notification only after its transaction committed', async () => {
    const heard: string[] = [];
    const stop = await database().db.listen('News', (payload) => heard.push(payload));
    await database()
      .db.tx(async (tx) => {
        await tx.query(`select pg_notify('News', 'undone')`);
        throw new Error('undo');
      })
      .catch(() => undefined);
    await database().db.tx(async (tx) => {
      await tx.query(`select pg_notify('News', 'done')`);
    });
    await database().db.notify('News', 'last');
    await vi.waitFor(() => expect(heard).toEqual(['done', 'last']), 20_000);
    await stop();
    await database().db.notify('News', 'unheard');
    await database().db.query('select 1');
    expect(heard).toEqual(['done', 'last']);
  });

  it('survives a schema change under a prepared statement', async () => {
    const table = await fresh('changed');
    await database().db.query(`insert into ${table} values (1, 'x')`);
    const read = () => database().db.query(`select * from ${table}`);
    for (let times = 0; times < 6; times += 1) await read();
    await database().db.query(`alter table ${table} add column extra integer default 5`);
    expect(await read()).toEqual([{ id: 1, note: 'x', extra: 5 }]);
  });

  it('takes more different statements than it keeps prepared', async () => {
    for (let at = 0; at < 600; at += 1) {
      const [row] = await database().db.query(`select ${at}::int as n`);
      expect(row).toEqual({ n: at });
    }
  });

  it('carries a large value both ways', async () => {
    const text = 'ü'.repeat(3_000_000);
    const [row] = await database().db.query<{ text: string }>('select $1::text as text', [text]);
    expect(row?.text === text).toBe(true);
  });

  it('waits for the disk at commit', async () => {
    const [row] = await database().db.query('show synchronous_commit');
    expect(row).toEqual({ synchronous_commit: 'on' });
  });
});
