import { DEFAULT_CONNECTION_CONFIG, initAuthCreds } from 'baileys';
import { describe, expect, it } from 'vitest';
import type { EngineRecord } from '../../port.ts';
import { SignalKeys } from './key-store.ts';
import { SILENT_LOGGER } from './library.ts';
import { boundLidMapping } from './lid-mapping.ts';
import { WriteStream } from './write-stream.ts';

function mapping() {
  const sealed: EngineRecord = { kind: 'keys', entries: [] };
  const stream = new WriteStream({ keys: () => sealed, credentials: () => sealed }, () => {});
  const keys = new SignalKeys(async () => new Map(), stream, 100).forBaileys();
  let asked = 0;
  const repository = DEFAULT_CONNECTION_CONFIG.makeSignalRepository(
    { creds: initAuthCreds(), keys },
    SILENT_LOGGER,
    async () => {
      asked += 1;
      return undefined;
    },
  );
  return { lids: repository.lidMapping, asked: () => asked };
}

describe('the table of phone numbers and LIDs', () => {
  const pairs = [
    { pn: '4915100000001@s.whatsapp.net', lid: '990001@lid' },
    { pn: '4915100000002@s.whatsapp.net', lid: '990002@lid' },
  ];
  const names = [
    '4915100000001@s.whatsapp.net',
    '4915100000001:0@s.whatsapp.net',
    '4915100000002:17@s.whatsapp.net',
    '4915100000001:99@hosted',
    '4915100000003@s.whatsapp.net',
    '990001@lid',
  ];

  it('answers as the library does, from its cache and from the store', async () => {
    const plain = mapping();
    const bound = mapping();
    boundLidMapping(bound.lids, 100);
    for (const table of [plain, bound]) await table.lids.storeLIDPNMappings(pairs);
    const ask = (table: typeof plain) => Promise.all(names.map((name) => table.lids.getLIDForPN(name)));
    expect(await ask(bound)).toEqual(await ask(plain));
    expect(bound.asked()).toBe(plain.asked());
  });

  it('answers from the store what its bound made it forget', async () => {
    const { lids, asked } = mapping();
    boundLidMapping(lids, 1);
    await lids.storeLIDPNMappings(pairs);
    for (const { pn, lid } of pairs) expect(await lids.getLIDForPN(pn)).toBe(lid);
    expect(asked()).toBe(0);
  });

  it('follows a number that moved to another LID', async () => {
    const { lids } = mapping();
    boundLidMapping(lids, 100);
    await lids.storeLIDPNMappings(pairs);
    await lids.storeLIDPNMappings([{ pn: '4915100000001@s.whatsapp.net', lid: '990009@lid' }]);
    expect(await lids.getLIDForPN('4915100000001:3@s.whatsapp.net')).toBe('990009:3@lid');
  });
});
