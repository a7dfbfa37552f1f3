import { expect, it } from 'vitest';
import { claimNext } from '../../src/delivery/store.ts';
import { findChatByPhone } from '../../src/features/conversations/index.ts';
import { brandId } from '../../src/platform/ids.ts';
import { Caller } from '../kit/calls.ts';
import { describeEachDb } from '../kit/db.ts';
import { ownedDevice } from './factories.ts';

const PHONE = '+15550002000';
const LIMITS = { plan: 'enterprise', devices: 50, outboundPerMonth: 1_000, apiAccess: true, suspended: false };

describeEachDb('an opt-out', (database) => {
  async function world() {
    const { db } = database();
    const { workspaceId, deviceId } = await ownedDevice(db);
    const caller = new Caller(db, brandId('ws', workspaceId), LIMITS);
    const send = (transactional: boolean) =>
      caller.call('messages.send', {
        body: { deviceId, to: PHONE, type: 'text', text: { body: 'Hi' }, transactional },
      });
    const claim = async () => (await claimNext(db, [{ workspaceId, deviceId, room: 10 }], [])).map((r) => r.opted_out);
    const contact = async () => (await findChatByPhone(db, { workspaceId, deviceId, phone: PHONE }))?.contact_id ?? '';
    return { caller, send, claim, contact };
  }

  it('holds for a message accepted before it, when that is claimed after it', async () => {
    const { caller, send, claim, contact } = await world();
    await send(false);
    await caller.call('contacts.optOut', { params: { contactId: await contact() } });
    expect(await claim()).toEqual([true]);
  });

  it('lets a transactional message pass, and any once it is lifted', async () => {
    const { caller, send, claim, contact } = await world();
    await send(true);
    await caller.call('contacts.optOut', { params: { contactId: await contact() } });
    expect(await claim()).toEqual([false]);
    const other = await world();
    await other.send(false);
    await other.caller.call('contacts.optOut', { params: { contactId: await other.contact() } });
    await other.caller.call('contacts.optIn', { params: { contactId: await other.contact() } });
    expect(await other.claim()).toEqual([false]);
  });

  it('that races with sends lets none be accepted after it, nor claimed', async () => {
    const { caller, send, claim, contact } = await world();
    await send(false);
    const contactId = await contact();
    const race = Array.from({ length: 20 }, () => send(false).then(() => 'accepted', String));
    const out = caller.call('contacts.optOut', { params: { contactId } });
    await out;
    await expect(send(false)).rejects.toMatchObject({ code: 'RECIPIENT_OPTED_OUT' });
    for (const end of await Promise.all(race)) expect(end).toMatch(/^accepted$|opted out/);
    const claimed = await claim();
    expect(claimed.length).toBeGreaterThan(0);
    expect(claimed).not.toContain(false);
  });
});
