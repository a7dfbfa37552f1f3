import { expect, it } from 'vitest';
import type { Address, EngineRecord } from '../../src/engine/port.ts';
import { firstIdAt } from '../../src/platform/ids.ts';
import { describeEachDb } from '../kit/db.ts';
import { commit, durableStore, ownedDevice } from './factories.ts';

const ADA: Address = { kind: 'person', phone: '+15550003000', lid: '9003' };
const OWN: Address = { kind: 'person', phone: '+15550001000' };
const TEAM: Address = { kind: 'group', id: '120363000000000009' };
const DAY_MS = 24 * 3600_000;

const sign = (waId: string, chat: Address = ADA, fromMe = false): EngineRecord => {
  const sender = fromMe ? OWN : ADA;
  return { kind: 'undecryptable', waId, chat, sender, fromMe, at: Date.now(), reason: 'unavailable' };
};

describeEachDb('what a device could not read', (database) => {
  it('is named with its chat and who wrote it, the newest first, until it can be read', async () => {
    const { db } = database();
    const device = await ownedDevice(db);
    const [other, store] = [await ownedDevice(db), durableStore(db)];
    for (const one of [sign('U1'), sign('U2', TEAM), sign('U3', ADA, true)]) await commit(db, device, [one]);
    await commit(db, other, [sign('U9')]);
    const unread = () => store.unread(device.workspaceId, device.deviceId);
    expect(await unread()).toEqual([
      { waId: 'U3', chat: ADA, fromMe: true },
      { waId: 'U2', chat: TEAM, fromMe: false, author: ADA },
      { waId: 'U1', chat: ADA, fromMe: false, author: ADA },
    ]);
    const content = { type: 'text', text: { body: 'here it is' } } as const;
    const message = { waId: 'U1', chat: ADA, sender: ADA, fromMe: false, sentAt: Date.now(), content, offline: false };
    await commit(db, device, [{ kind: 'inbound', message }]);
    expect((await unread()).map(({ waId }) => waId)).toEqual(['U3', 'U2']);
  });

  it('is left out once it is a day old', async () => {
    const { db } = database();
    const device = await ownedDevice(db);
    await commit(db, device, [sign('U1'), sign('U2')]);
    const old = firstIdAt('msg', new Date(Date.now() - DAY_MS - 60_000));
    await db.query('update message set id = $3 where workspace_id = $1 and wa_id = $2', [
      device.workspaceId,
      'U1',
      old,
    ]);
    const unread = await durableStore(db).unread(device.workspaceId, device.deviceId);
    expect(unread.map(({ waId }) => waId)).toEqual(['U2']);
  });
});
