import { expect, it } from 'vitest';
import { setOptOut } from '../../src/features/contacts/store.ts';
import type { Db } from '../../src/platform/db/port.ts';
import { brandId } from '../../src/platform/ids.ts';
import { Caller } from '../kit/calls.ts';
import { describeEachDb } from '../kit/db.ts';
import { arrival, contact, events, LIMITS, ME, TEAM } from './arrivals.ts';
import { commit, type OwnedDevice, ownedDevice } from './factories.ts';

const settings = (db: Db, device: OwnedDevice, consent: object) =>
  new Caller(db, brandId('ws', device.workspaceId), LIMITS).call('workspace.update', { body: { consent } });

describeEachDb('a word of consent', (database) => {
  it('opts the contact out that writes it, with event and audit row, and in again; said twice it is told once', async () => {
    const { db } = database();
    const device = await ownedDevice(db);
    await commit(db, device, [arrival('Stop!'), arrival('STOP')]);
    const out = await contact(db, device);
    expect(out).toMatchObject({
      opted_out_reason: 'keyword',
      opted_out_keyword: 'stop',
      opted_out_at: expect.any(Date),
    });
    expect(
      (await events(db, device, 'contact.opted%')).map(({ type, data }) => [type, data.reason, data.keyword]),
    ).toEqual([['contact.opted_out', 'keyword', 'stop']]);
    await commit(db, device, [arrival('start')]);
    await setOptOut(db, {
      workspaceId: device.workspaceId,
      id: out?.id ?? '',
      at: new Date(),
      reason: 'api',
      keyword: null,
    });
    await commit(db, device, [arrival('start')]);
    expect(await contact(db, device), 'what the team set stays').toMatchObject({ opted_out_reason: 'api' });
    await db.query('update contact set opted_out_at = null, opted_out_reason = null where id = $1', [out?.id ?? '']);
    expect(await contact(db, device)).toMatchObject({
      opted_out_at: null,
      opted_out_reason: null,
      opted_out_keyword: null,
    });
    const audited = await db.query(
      `select actor_kind, action, target_id, after ->> 'keyword' as keyword from audit where workspace_id = $1 order by id`,
      [device.workspaceId],
    );
    expect(audited).toEqual([
      { actor_kind: 'system', action: 'contacts.optOut', target_id: out?.id, keyword: 'stop' },
      { actor_kind: 'system', action: 'contacts.optIn', target_id: out?.id, keyword: 'start' },
    ]);
    expect(await db.query('select 1 from outbox where workspace_id = $1', [device.workspaceId])).toEqual([]);
  });

  it('counts in the contact’s own chat alone, and only as the whole message', async () => {
    const { db } = database();
    const device = await ownedDevice(db);
    await commit(db, device, [
      arrival('stop', { chat: TEAM }),
      arrival('stop', { fromMe: true, sender: ME }),
      arrival('please stop by'),
    ]);
    expect(await contact(db, device)).toMatchObject({ opted_out_at: null });
  });

  it('can be another, or none, by the workspace’s setting', async () => {
    const { db } = database();
    const device = await ownedDevice(db);
    await settings(db, device, { keywords: false });
    await commit(db, device, [arrival('stop')]);
    expect(await contact(db, device)).toMatchObject({ opted_out_at: null });
    await settings(db, device, { keywords: true, optOutWords: ['Enough'] });
    await commit(db, device, [arrival('stop')]);
    expect(await contact(db, device)).toMatchObject({ opted_out_at: null });
    await commit(db, device, [arrival('enough.')]);
    expect(await contact(db, device)).toMatchObject({ opted_out_keyword: 'Enough' });
  });
});
