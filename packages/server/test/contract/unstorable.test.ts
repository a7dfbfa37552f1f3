import { expect, it } from 'vitest';
import type { EngineRecord } from '../../src/engine/port.ts';
import { isInboundStored } from '../../src/features/messages/index.ts';
import { commit, ownedDevice } from '../delivery/factories.ts';
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
