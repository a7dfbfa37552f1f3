import { initAuthCreds } from 'baileys';
import { expect, it } from 'vitest';
import type { EngineRecord } from '../../port.ts';
import { SignalKeys } from './key-store.ts';
import { dropOldPreKeys, PreKeyUpkeep } from './prekeys.ts';
import { type KeyWrite, WriteStream } from './write-stream.ts';

/** Trap 7: the store of prekeys only grows. */
function make() {
  const sealer = {
    keys: (writes: Iterable<KeyWrite>): EngineRecord => ({
      kind: 'keys',
      entries: Array.from(writes, ({ type, id }) => ({ type, id, sealed: null })),
    }),
    credentials: (): EngineRecord => ({ kind: 'credentials', sealed: new Uint8Array(0) }),
  };
  const stream = new WriteStream(sealer, () => {});
  const keys = new SignalKeys(async () => new Map(), stream, 10);
  const deleted = (): number[] =>
    (stream.take()?.records ?? []).flatMap((record) =>
      record.kind === 'keys' ? record.entries.map(({ id }) => Number(id)) : [],
    );
  return { keys, creds: initAuthCreds(), deleted };
}

it('deletes prekeys a margin below what the server offers, each once', () => {
  const { keys, creds, deleted } = make();
  expect(dropOldPreKeys(keys, creds, [160, 155, 200], 100)).toBe(true);
  expect(deleted()).toEqual(Array.from({ length: 54 }, (_, i) => i + 1));
  expect(dropOldPreKeys(keys, creds, [155], 100)).toBe(false);
  expect(dropOldPreKeys(keys, creds, [157], 100)).toBe(true);
  expect(deleted()).toEqual([55, 56]);
});

it('keeps everything while the server offers its first keys, or none', () => {
  const { keys, creds, deleted } = make();
  expect(dropOldPreKeys(keys, creds, [1, 812], 100)).toBe(false);
  expect(dropOldPreKeys(keys, creds, [], 100)).toBe(false);
  expect(deleted()).toEqual([]);
});

it('deletes a bounded number at once', () => {
  const { keys, creds, deleted } = make();
  dropOldPreKeys(keys, creds, [100_000], 100);
  expect(deleted()).toHaveLength(1_000);
});

it('drops nothing before what waited at WhatsApp is opened, which may need it', () => {
  const dropped: number[][] = [];
  const upkeep = new PreKeyUpkeep((offered) => dropped.push(offered));
  upkeep.begin();
  upkeep.offered([300]);
  expect(dropped).toEqual([]);
  upkeep.drained();
  expect(dropped).toEqual([[300]]);
  upkeep.begin();
  upkeep.offered([400]);
  expect(dropped).toHaveLength(1);
});
