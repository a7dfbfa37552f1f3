import { DEFAULT_CONNECTION_CONFIG, initAuthCreds } from 'baileys';
import { expect, it } from 'vitest';
import type { EngineRecord } from '../../port.ts';
import type { KeyType, KeyValue } from './key-codec.ts';
import { SignalKeys } from './key-store.ts';
import { SILENT_LOGGER } from './library.ts';
import { InboundTap } from './signal.ts';
import { WriteStream } from './write-stream.ts';

const PHONE = '15550002';
const LID = '9002';
const [OLD, NEW] = [Buffer.from('session made under the number'), Buffer.from('session made under the LID')];

/** The repository Baileys gets, over keys that are stored already; `groups` is what becomes durable together. */
function make(stored: Record<string, KeyValue>) {
  const groups: string[][] = [];
  const sealer = {
    keys: (writes: Iterable<{ type: string; id: string; value: unknown }>): EngineRecord => {
      groups.push(Array.from(writes, ({ type, id, value }) => `${type}/${id}=${value === null ? 'gone' : value}`));
      return { kind: 'keys', entries: [] };
    },
    credentials: (): EngineRecord => ({ kind: 'credentials', sealed: new Uint8Array(0) }),
  };
  const stream: WriteStream = new WriteStream(sealer, () => void stream.take());
  const load = async (type: KeyType, ids: string[]) => {
    const entries = ids.flatMap((id): [string, KeyValue][] => {
      const value = stored[`${type}/${id}`];
      return value === undefined ? [] : [[id, value]];
    });
    return new Map(entries);
  };
  const keys = new SignalKeys(load, stream, 100);
  const tap = new InboundTap({
    keys,
    stream,
    self: () => undefined,
    unreadable: () => {},
    handled: () => {},
    stored: async () => false,
    sealSecret: (_waId, secret) => secret,
    sealMedia: ({ key }) => key,
    sealHistory: (_waId, reference) => reference,
    historyAnnounced: () => {},
    appStateKey: () => {},
  });
  const auth = { creds: initAuthCreds(), keys: keys.forBaileys() };
  const repository = tap.wrap(
    (ask) => DEFAULT_CONNECTION_CONFIG.makeSignalRepository(auth, SILENT_LOGGER, ask),
    undefined,
  );
  return { repository, groups };
}

const pair = { pn: `${PHONE}@s.whatsapp.net`, lid: `${LID}@lid` };

it('moves the sessions of every known device in the commit that makes the LID known', async () => {
  const { repository, groups } = make({
    [`session/${PHONE}.0`]: OLD,
    [`session/${PHONE}.7`]: OLD,
    [`device-list/${PHONE}`]: ['0', '7'],
  });
  await repository.lidMapping.storeLIDPNMappings([pair]);
  expect(groups).toHaveLength(1);
  expect(groups[0]?.sort()).toEqual(
    [
      `lid-mapping/${PHONE}=${LID}`,
      `lid-mapping/${LID}_reverse=${PHONE}`,
      `session/${PHONE}.0=gone`,
      `session/${PHONE}.7=gone`,
      `session/${LID}_1.0=${OLD}`,
      `session/${LID}_1.7=${OLD}`,
    ].sort(),
  );
});

it('moves the session of a contact whose devices were never listed, named by the device it wrote from', async () => {
  const { repository, groups } = make({ [`session/${PHONE}.5`]: OLD });
  await repository.lidMapping.storeLIDPNMappings([{ pn: `${PHONE}:5@s.whatsapp.net`, lid: `${LID}:5@lid` }]);
  expect(groups.flat()).toContain(`session/${LID}_1.5=${OLD}`);
});

it('never puts the session of the number over one that stands under the LID, nor does a later migration', async () => {
  const { repository, groups } = make({
    [`session/${PHONE}.0`]: OLD,
    [`session/${LID}_1.0`]: NEW,
    [`device-list/${PHONE}`]: ['0'],
  });
  await repository.lidMapping.storeLIDPNMappings([pair]);
  await repository.migrateSession(pair.pn, pair.lid);
  const writes = groups.flat();
  expect(writes).toContain(`session/${PHONE}.0=gone`);
  expect(writes.filter((write) => write.startsWith(`session/${LID}`))).toEqual([]);
});

it('leaves everything as it is when the name was known', async () => {
  const { repository, groups } = make({ [`lid-mapping/${PHONE}`]: LID, [`session/${PHONE}.0`]: OLD });
  await repository.lidMapping.storeLIDPNMappings([pair]);
  expect(groups).toEqual([]);
});
