import { expect, it } from 'vitest';
import type { EngineRecord } from '../../port.ts';
import { type KeyWrite, WriteStream } from './write-stream.ts';

const sealer = {
  keys: (writes: Iterable<KeyWrite>): EngineRecord => ({
    kind: 'keys',
    entries: Array.from(writes, ({ type, id }) => ({ type, id, sealed: null })),
  }),
  credentials: (): EngineRecord => ({ kind: 'credentials', sealed: Uint8Array.of(1) }),
};
const fact: EngineRecord = { kind: 'session', fact: { fact: 'connecting' }, at: 0 };
const write = (id: string): KeyWrite => ({ type: 'lid-mapping', id, value: 'x' });

it('numbers what is pushed and hands it over once, keys merged', () => {
  let woken = 0;
  const stream = new WriteStream(sealer, () => {
    woken += 1;
  });
  expect(stream.push({ keys: [write('a'), write('b')] })).toBe(1);
  expect(stream.push({ keys: [write('a')], records: [fact] })).toBe(2);
  expect(stream.pushCredentials()).toBe(3);
  expect(stream.pushCredentials()).toBe(4);
  expect(woken).toBe(4);
  const taken = stream.take();
  expect(taken?.upTo).toBe(4);
  expect(taken?.records).toMatchObject([
    { kind: 'credentials' },
    { kind: 'keys', entries: [{ id: 'a' }, { id: 'b' }] },
    { kind: 'session' },
  ]);
  expect(stream.take()).toBeNull();
});

it('puts a wipe before what came after it and drops the keys before it', () => {
  const stream = new WriteStream(sealer, () => {});
  stream.push({ keys: [write('old')] });
  stream.wipe();
  stream.pushCredentials();
  stream.push({ keys: [write('new')] });
  expect(stream.take()?.records).toMatchObject([
    { kind: 'credentials', sealed: null },
    { kind: 'credentials', sealed: Uint8Array.of(1) },
    { kind: 'keys', entries: [{ id: 'new' }] },
  ]);
});

it('never moves the durable mark back', () => {
  const stream = new WriteStream(sealer, () => {});
  stream.settle(5);
  stream.settle(3);
  expect(stream.durable).toBe(5);
});
