import { randomBytes } from 'node:crypto';
import { expect, it } from 'vitest';
import { Committer } from '../../src/engine/baileys/committer.ts';
import type { EngineRecord, MessageContent } from '../../src/engine/port.ts';
import { isInboundStored } from '../../src/features/messages/index.ts';
import type { Db } from '../../src/platform/db/port.ts';
import { commit, durableStore, type OwnedDevice, ownedDevice } from '../delivery/factories.ts';
import { describeEachDb } from '../kit/db.ts';

const NUL = '\0';

function poison(waId: string): EngineRecord {
  const from = { kind: 'person', phone: '+15550003000' } as const;
  const content = { type: 'text', text: { body: `before${NUL}after` } } as const;
  const message = { waId, chat: from, sender: from, fromMe: false, sentAt: 0, content, offline: false };
  return { kind: 'inbound', message: { ...message, pushName: `Mal${NUL}lory` } };
}

// A stranger may put U+0000 into a text, a name or an id. Refused, it would come again for ever.
describeEachDb('characters no database can hold', (database) => {
  it('a message that holds them is stored, with a sign in their place', async () => {
    const { db } = database();
    const device = await ownedDevice(db);
    await commit(db, device, [poison('A1'), poison(`A${NUL}2`)]);
    const rows = await db.query<{ content: unknown }>('select content from message where workspace_id = $1', [
      device.workspaceId,
    ]);
    expect(rows.map((row) => row.content)).toEqual(Array(2).fill({ text: { body: 'before\uFFFDafter' } }));
    expect(await isInboundStored(db, { ...device, waId: `A${NUL}2` })).toBe(true);
    await commit(db, device, [poison(`A${NUL}2`)]);
    expect(await db.query('select 1 from message where workspace_id = $1', [device.workspaceId])).toHaveLength(2);
  });

  it('a report for an id that holds them changes nothing and stops nothing', async () => {
    const { db } = database();
    const device = await ownedDevice(db);
    const report = { waId: `A${NUL}1`, status: 'read', at: Date.now() } as const;
    const { fenced } = await commit(db, device, [{ kind: 'report', report }, poison('A3')]);
    expect(fenced).toEqual([]);
    expect(await db.query('select 1 from message where workspace_id = $1', [device.workspaceId])).toHaveLength(1);
  });
});

/** A message as a crafted stanza might bring it past the reader. */
function crafted(waId: string, content: MessageContent): EngineRecord {
  const from = { kind: 'person', phone: '+15550003001' } as const;
  return {
    kind: 'inbound',
    message: { waId, chat: from, sender: from, fromMe: false, sentAt: 0, content, offline: false },
  };
}

const aReactionTo = (targetWaId: string): EngineRecord => {
  const from = { kind: 'person', phone: '+15550003001' } as const;
  const base = { waId: 'R1', chat: from, sender: from, fromMe: false, at: 0, targetWaId };
  return { kind: 'change', change: { ...base, change: { type: 'reaction', emoji: '👍' } } };
};

/** Two units that go in one commit, with the real store behind the committer. Resolves with their outcomes. */
async function together(db: Db, units: [OwnedDevice, EngineRecord[]][]): Promise<string[]> {
  const committer = new Committer({ store: durableStore(db), maxRecords: 500, retryMs: 30_000, log: () => {} });
  const outcomes = units.map(([device, records]) => {
    const spec = { ...device, network: 'sandbox', dataKey: new Uint8Array(32) } as const;
    return new Promise<string>((done) => committer.add({ spec, records, done }));
  });
  return Promise.all(outcomes);
}

const stored = (db: Db, { workspaceId }: OwnedDevice) =>
  db.query('select wa_id, type, content from message where workspace_id = $1 order by id', [workspaceId]);

describeEachDb('a record the database cannot hold', (database) => {
  const text = (body: string): MessageContent => ({ type: 'text', text: { body } });

  it('stops neither those of its own device nor those of another, and is shown as unsupported', async () => {
    const { db } = database();
    const [device, other] = [await ownedDevice(db), await ownedDevice(db)];
    const nowhere: MessageContent = { type: 'location', location: { latitude: Number.NaN, longitude: 0 } };
    const keys = [{ type: 'session', id: 'mallory', sealed: Buffer.alloc(32) }];
    const outcomes = await together(db, [
      [device, [{ kind: 'keys', entries: keys }, crafted('A1', text('one')), crafted('A2', nowhere)]],
      [other, [crafted('B1', text('two'))]],
    ]);
    expect(outcomes).toEqual(['durable', 'durable']);
    expect(await stored(db, device)).toEqual([
      { wa_id: 'A1', type: 'text', content: { text: { body: 'one' } } },
      { wa_id: 'A2', type: 'unsupported', content: { unsupported: { kind: 'location' } } },
    ]);
    expect(await stored(db, other)).toMatchObject([{ wa_id: 'B1' }]);
    const kept = await db.query('select 1 from signal_key where device_id = $1', [device.deviceId]);
    expect(kept).toHaveLength(1);
  });

  it('that no message stands for is left out', async () => {
    const { db } = database();
    const device = await ownedDevice(db);
    const long = randomBytes(5_000).toString('base64url');
    expect(await together(db, [[device, [aReactionTo(long), crafted('A1', text('one'))]]])).toEqual(['durable']);
    expect(await stored(db, device)).toHaveLength(1);
  });
});
