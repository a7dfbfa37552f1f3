import { describe, expect, it } from 'vitest';
import type { EngineRecord } from '../../port.ts';
import type { KeyType, KeyValue } from './key-codec.ts';
import { SignalKeys } from './key-store.ts';
import { inTaskScope } from './task-scope.ts';
import { type KeyWrite, WriteStream } from './write-stream.ts';

/** Keys over a map, with the groups the stream handed over. */
function make(stored: Record<string, KeyValue> = {}, cached = 100) {
  const loads: string[] = [];
  const sealer = {
    keys: (writes: Iterable<KeyWrite>): EngineRecord => ({
      kind: 'keys',
      entries: Array.from(writes, ({ type, id, value }) => ({
        type,
        id,
        sealed: value === null ? null : Buffer.from(String(value)),
      })),
    }),
    credentials: (): EngineRecord => ({ kind: 'credentials', sealed: new Uint8Array(0) }),
  };
  const stream = new WriteStream(sealer, () => {});
  const load = async (type: KeyType, ids: string[]): Promise<Map<string, KeyValue>> => {
    loads.push(`${type}/${ids.join('+')}`);
    await Promise.resolve();
    const found = ids.flatMap((id): [string, KeyValue][] => {
      const value = stored[`${type}/${id}`];
      return value === undefined ? [] : [[id, value]];
    });
    return new Map(found);
  };
  const keys = new SignalKeys(load, stream, cached);
  const taken = () =>
    (stream.take()?.records ?? []).flatMap((record) =>
      record.kind === 'keys' ? record.entries.map(({ id, sealed }) => `${id}=${sealed ?? 'gone'}`) : [record.kind],
    );
  return { keys, stream, loads, taken };
}

const lid = (id: string, value: string | null) => ({ 'lid-mapping': { [id]: value } });
const tick = () => new Promise<void>((resolve) => setTimeout(resolve, 1));

describe('SignalKeys', () => {
  it('reads what was written before it is durable, and what the database has', async () => {
    const { keys } = make({ 'lid-mapping/b': 'stored' });
    keys.set(lid('a', 'new'));
    expect(await keys.get('lid-mapping', ['a', 'b', 'c'])).toEqual({ a: 'new', b: 'stored' });
    keys.set(lid('b', null));
    expect(await keys.get('lid-mapping', ['b'])).toEqual({});
  });

  it('asks the database once for a key, present or absent', async () => {
    const { keys, loads } = make({ 'lid-mapping/b': 'stored' });
    await Promise.all([keys.get('lid-mapping', ['b']), keys.get('lid-mapping', ['b', 'c'])]);
    await keys.get('lid-mapping', ['b', 'c']);
    expect(loads).toEqual(['lid-mapping/b', 'lid-mapping/c']);
  });

  it('hides a transaction from others until its end, then pushes it as one group', async () => {
    const { keys, stream, taken } = make();
    const running = keys.transaction(async () => {
      keys.set(lid('a', '1'));
      await tick();
      expect(await keys.get('lid-mapping', ['a'])).toEqual({ a: '1' });
      keys.set(lid('b', '2'));
    }, 'k');
    expect(await keys.get('lid-mapping', ['a'])).toEqual({});
    await running;
    expect(stream.pushed).toBe(1);
    expect(taken()).toEqual(['a=1', 'b=2']);
  });

  it('discards the changes of a transaction that fails', async () => {
    const { keys, taken } = make();
    const failing = keys.transaction(async () => {
      keys.set(lid('a', '1'));
      throw new Error('no');
    }, 'k');
    await expect(failing).rejects.toThrow('no');
    expect(await keys.get('lid-mapping', ['a'])).toEqual({});
    expect(taken()).toEqual([]);
  });

  it('runs transactions of one key one after another, also after a failure, and lets a nested one in', async () => {
    const { keys } = make();
    const order: string[] = [];
    const task = (name: string, fails = false) =>
      keys
        .transaction(async () => {
          order.push(`${name}+`);
          await keys.transaction(tick, 'k');
          order.push(`${name}-`);
          if (fails) throw new Error('no');
        }, 'k')
        .catch(() => {});
    await Promise.all([task('a', true), task('b')]);
    expect(order).toEqual(['a+', 'a-', 'b+', 'b-']);
  });

  it('pushes a nested transaction of another key at its own end, before the outer one', async () => {
    const { keys, taken } = make();
    await keys.transaction(async () => {
      keys.set(lid('outer', '1'));
      await keys.transaction(async () => keys.set(lid('inner', '2')), 'other');
      expect(taken()).toEqual(['inner=2']);
    }, 'k');
    expect(taken()).toEqual(['outer=1']);
  });

  it('keeps a whole transaction together with its records: nothing nested and no frame splits it', async () => {
    const { keys, stream, taken } = make();
    await keys.whole('k', async (records) => {
      keys.set(lid('a', '1'));
      await keys.transaction(async () => keys.set(lid('b', '2')), 'other');
      keys.flushOpen();
      expect(stream.pushed).toBe(0);
      records.push({ kind: 'session', fact: { fact: 'connecting' }, at: 0 });
    });
    expect(stream.pushed).toBe(1);
    expect(taken()).toEqual(['a=1', 'b=2', 'session']);
  });

  it('flushes the current task, and only that, before a frame', async () => {
    const { keys, taken } = make();
    const other = keys.transaction(async () => {
      keys.set(lid('other', '1'));
      await tick();
    }, 'x');
    await keys.transaction(async () => {
      keys.set(lid('mine', '2'));
      keys.flushOpen();
      expect(taken()).toEqual(['mine=2']);
    }, 'y');
    await other;
    expect(taken()).toEqual(['other=1']);
  });

  it('lets through what a task writes after its transaction ended', async () => {
    const { keys, taken } = make();
    let late: Promise<void> = Promise.resolve();
    await keys.transaction(async () => {
      late = tick().then(() => keys.set(lid('late', '1')));
    }, 'k');
    await late;
    expect(taken()).toEqual(['late=1']);
  });

  it('does not hold one chat of the gateway up behind another by a lock of the account', async () => {
    const { keys } = make();
    let others = 0;
    const both = ['a', 'b'].map(() =>
      inTaskScope({ send: { frame: 0 } }, () =>
        keys.transaction(async () => {
          others += 1;
          await expect.poll(() => others).toBe(2);
        }, 'me'),
      ),
    );
    await Promise.all(both);
  });

  it('pins keys until they are durable, whatever the cache holds, and forgets prekeys then', async () => {
    const { keys, stream, loads } = make({}, 2);
    const pair = { public: new Uint8Array(32), private: new Uint8Array(32) };
    keys.set({ 'pre-key': { 1: pair, 2: pair, 3: pair } });
    expect(Object.keys(await keys.get('pre-key', ['1', '2', '3']))).toHaveLength(3);
    expect(loads).toEqual([]);
    keys.settle(stream.pushed);
    await keys.get('pre-key', ['1']);
    await keys.get('pre-key', ['1']);
    expect(loads).toEqual(['pre-key/1', 'pre-key/1']);
  });

  it('prefers a write that happened while the database was read', async () => {
    const { keys } = make({ 'lid-mapping/a': 'old' });
    const reading = keys.get('lid-mapping', ['a']);
    keys.set(lid('a', 'new'));
    await reading;
    expect(await keys.get('lid-mapping', ['a'])).toEqual({ a: 'new' });
  });

  it('reads nothing of the old identity after a wipe', async () => {
    const { keys, stream, loads } = make({ 'lid-mapping/a': 'old' });
    keys.set(lid('b', 'old too'));
    keys.wiped(stream.wipe());
    expect(await keys.get('lid-mapping', ['a', 'b'])).toEqual({});
    expect(loads).toEqual([]);
  });

  it('hands readers a copy of values that Baileys changes in place', async () => {
    const { keys } = make();
    keys.set({ 'device-list': { a: ['0'] }, 'sender-key-memory': { g: { x: true } } });
    const { a } = await keys.get('device-list', ['a']);
    if (Array.isArray(a)) a.push('1');
    expect(await keys.get('device-list', ['a'])).toEqual({ a: ['0'] });
  });
});
