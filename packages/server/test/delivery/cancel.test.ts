import { expect, it } from 'vitest';
import { claimNext, unclaimDevice } from '../../src/delivery/store.ts';
import { monthlySent, monthOf } from '../../src/features/usage/index.ts';
import { Caller } from '../kit/calls.ts';
import { describeEachDb } from '../kit/db.ts';
import { ownedDevice, queued, statusOf } from './factories.ts';

const AHEAD = { sendAt: new Date(Date.now() + 3600_000).toISOString() };

const json = (reply: { body: unknown }): Record<string, unknown> => JSON.parse(String(reply.body));

describeEachDb('canceling', (database) => {
  async function world(outbound = 5) {
    const { db } = database();
    const caller = await Caller.create(db, { outbound });
    const deviceId = await caller.device();
    const send = async (extra: object = {}) => {
      const body = { deviceId, to: '+15550002000', type: 'text', text: { body: 'x' }, requireOnline: false, ...extra };
      return json(await caller.call('messages.send', { body }));
    };
    const cancel = (id: unknown) => caller.call('messages.cancel', { params: { messageId: id } });
    const sent = () => monthlySent(db, caller.workspaceId, monthOf(new Date()));
    return { db, caller, deviceId, send, cancel, sent };
  }

  it('takes back what is scheduled or held, tells of it, and leaves nothing in line', async () => {
    const { db, caller, send, cancel } = await world();
    for (const extra of [{}, AHEAD]) {
      const message = await send(extra);
      expect(json(await cancel(message['id']))).toMatchObject({ status: 'canceled', nextAttemptAt: null, error: null });
      const events = await db.query<{ type: string }>(
        'select type from event where subject_id = $1 order by sequence',
        [String(message['id'])],
      );
      expect(events.at(-1)?.type).toBe('message.canceled');
    }
    expect(await db.query('select 1 from outbox where workspace_id = $1', [caller.workspaceId])).toEqual([]);
  });

  it('answers 409 CONFLICT from sending on, and when it was canceled before', async () => {
    const { db, send, cancel, caller } = await world();
    const { id } = await send();
    await cancel(id);
    await expect(cancel(id)).rejects.toMatchObject({ code: 'CONFLICT', param: 'messageId' });
    const device = await ownedDevice(db);
    const other = new Caller(db, caller.workspaceId, caller.limits);
    await expect(
      other.call('messages.cancel', { params: { messageId: (await queued(db, device)).id } }),
    ).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('refuses what was claimed, even where that went back in line: it may have left', async () => {
    const { db, caller, deviceId, send, cancel } = await world();
    const { id } = await send();
    await claimNext(db, [{ workspaceId: caller.workspaceId, deviceId, room: 10 }], []);
    await expect(cancel(id)).rejects.toMatchObject({ code: 'CONFLICT' });
    await unclaimDevice(db, { workspaceId: caller.workspaceId, deviceId });
    await expect(cancel(id)).rejects.toMatchObject({ code: 'CONFLICT' });
    expect(await statusOf(db, { ...caller, deviceId, token: 0 }, String(id))).toBe('sending');
    expect(await db.query('select 1 from outbox where message_id = $1', [String(id)])).toHaveLength(1);
  });

  it('races with a claim, and exactly one of the two has the message', async () => {
    const { db, caller, deviceId, send, cancel } = await world(100);
    for (let round = 0; round < 20; round++) {
      const { id } = await send();
      const [canceled, claimed] = await Promise.all([
        cancel(id).then(
          () => true,
          () => false,
        ),
        claimNext(db, [{ workspaceId: caller.workspaceId, deviceId, room: 10 }], []),
      ]);
      expect([canceled, claimed.length]).toEqual(canceled ? [true, 0] : [false, 1]);
      if (!canceled) await db.query('delete from outbox where workspace_id = $1', [caller.workspaceId]);
    }
  });

  it('gives back what it counted of this month, at once and once, however many cancel', async () => {
    const { send, cancel, sent } = await world(3);
    const accepted = [await send(), await send(), await send()];
    await expect(send()).rejects.toMatchObject({ code: 'QUOTA_EXCEEDED' });
    const ends = await Promise.allSettled([0, 0, 0, 1].map((n) => cancel(accepted[n]?.['id'])));
    expect(ends.filter((end) => end.status === 'fulfilled')).toHaveLength(2);
    expect(await sent()).toBe(1);
    await send();
    await send();
    await expect(send()).rejects.toMatchObject({ code: 'QUOTA_EXCEEDED' });
    expect(await sent()).toBe(3);
  });

  it('leaves a month that is over as it was counted', async () => {
    const { caller, deviceId, cancel, db } = await world();
    const now = new Date(Date.now() - 62 * 24 * 3600_000);
    const { id } = json(await caller.send(deviceId, '+15550002000', { now }));
    await cancel(id);
    expect(await monthlySent(db, caller.workspaceId, monthOf(now))).toBe(1);
  });
});
