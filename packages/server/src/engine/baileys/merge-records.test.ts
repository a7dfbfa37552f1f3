import { expect, it } from 'vitest';
import type { EngineRecord } from '../port.ts';
import { mergeRecords, weight } from './merge-records.ts';

const bytes = (value: number): Uint8Array => Uint8Array.of(value);
const keys = (...entries: [string, number | null][]): EngineRecord => ({
  kind: 'keys',
  entries: entries.map(([id, value]) => ({ type: 'session', id, sealed: value === null ? null : bytes(value) })),
});
const credentials = (value: number | null): EngineRecord => ({
  kind: 'credentials',
  sealed: value === null ? null : bytes(value),
});
const fact = (at: number): EngineRecord => ({ kind: 'session', fact: { fact: 'connecting' }, at });

it('keeps the last value of each key and what happened in its order', () => {
  const merged = mergeRecords([
    keys(['a', 1], ['b', 1]),
    fact(1),
    keys(['a', 2], ['b', null]),
    credentials(1),
    fact(2),
    credentials(2),
  ]);
  expect(merged).toEqual([credentials(2), keys(['a', 2], ['b', null]), fact(1), fact(2)]);
});

it('lets nothing from before a wipe through', () => {
  expect(mergeRecords([credentials(1), keys(['a', 1]), credentials(null), credentials(2), keys(['b', 2])])).toEqual([
    credentials(null),
    credentials(2),
    keys(['b', 2]),
  ]);
  expect(mergeRecords([credentials(1), keys(['a', 1]), fact(1), credentials(null)])).toEqual([
    credentials(null),
    fact(1),
  ]);
});

it('weighs keys one by one', () => {
  expect(weight([keys(['a', 1], ['b', 2]), fact(1)])).toBe(3);
});
