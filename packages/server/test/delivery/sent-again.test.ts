import { expect, it } from 'vitest';
import type { Address, EngineRecord } from '../../src/engine/port.ts';
import type { Db } from '../../src/platform/db/port.ts';
import { describeEachDb } from '../kit/db.ts';
import { commit, durableStore, type OwnedDevice, ownedDevice, queued } from './factories.ts';

const SHOP = '+15550002000';
const BODY = { content: { type: 'text', text: { body: 'Hello' } } };

const person = (names: { phone?: string; lid?: string }): Address => ({ kind: 'person', ...names });

/** Whatever makes both names of somebody known. */
function says(waId: string, sender: Address): EngineRecord {
  const content = { type: 'text', text: { body: waId } } as const;
  return {
    kind: 'inbound',
    message: { waId, chat: sender, sender, fromMe: false, sentAt: Date.now(), content, offline: false },
  };
}

const asks = (db: Db, { workspaceId, deviceId }: OwnedDevice, waId: string) => {
  const store = durableStore(db);
  return (asker: Address) => store.findSent(workspaceId, deviceId, waId, asker);
};

describeEachDb('a message that is asked for again', (database) => {
  it('is given to the person it went to, under either name, and to no other', async () => {
    const { db } = database();
    const device = await ownedDevice(db);
    const { waId } = await queued(db, device, SHOP);
    await commit(db, device, [says('A1', person({ phone: '+15550003000', lid: '9003' }))]);
    const ask = asks(db, device, waId);
    expect(await ask(person({ phone: SHOP }))).toMatchObject(BODY);
    expect(await ask(person({ phone: '+15550003000' }))).toBeNull();
    // The number behind this LID is known, and is another's.
    expect(await ask(person({ lid: '9003' }))).toBeNull();
    await commit(db, device, [says('A2', person({ phone: SHOP, lid: '9002' }))]);
    expect(await ask(person({ lid: '9002' }))).toMatchObject(BODY);
    expect(await ask(person({ lid: '9999' }))).toBeNull();
    expect(await ask(person({ phone: '+15550009000', lid: '9002' }))).toMatchObject(BODY);
  });

  it('is not refused to whom no name tells from the person it went to', async () => {
    const { db } = database();
    const device = await ownedDevice(db);
    const { waId } = await queued(db, device, SHOP);
    expect(await asks(db, device, waId)(person({ lid: '9002' }))).toMatchObject(BODY);
    const brazil = await queued(db, device, '+5511912345678');
    expect(await asks(db, device, brazil.waId)(person({ phone: '+551112345678' }))).toMatchObject(BODY);
    // Elsewhere the same last digits are another's.
    expect(await asks(db, device, waId)(person({ phone: '+445550002000' }))).toBeNull();
  });

  it('is given to its own group alone', async () => {
    const { db } = database();
    const device = await ownedDevice(db);
    const { id, waId } = await queued(db, device, SHOP);
    const ask = asks(db, device, waId);
    expect(await ask({ kind: 'group', id: '120363000000000009' })).toBeNull();
    expect(await ask({ kind: 'status' })).toBeNull();
    await db.query(
      `update conversation set kind = 'group', contact_id = null, group_id = '120363000000000009'
       where workspace_id = $1 and id = (select conversation_id from message where workspace_id = $1 and id = $2)`,
      [device.workspaceId, id],
    );
    expect(await ask({ kind: 'group', id: '120363000000000009' })).toMatchObject(BODY);
    expect(await ask({ kind: 'group', id: '120363000000000008' })).toBeNull();
    expect(await ask(person({ phone: SHOP }))).toBeNull();
  });

  it('is not found under an id that is not there, or of another device', async () => {
    const { db } = database();
    const [device, other] = [await ownedDevice(db), await ownedDevice(db)];
    const { waId } = await queued(db, device, SHOP);
    expect(await asks(db, device, 'NOTHING')(person({ phone: SHOP }))).toBeNull();
    expect(await asks(db, other, waId)(person({ phone: SHOP }))).toBeNull();
  });
});
