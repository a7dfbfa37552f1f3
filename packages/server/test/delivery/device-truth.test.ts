import { expect, it } from 'vitest';
import { mendDeadlines, overdueDevices } from '../../src/cluster/store.ts';
import { alignWaiting } from '../../src/delivery/align.ts';
import { claimNext, unclaimDevice } from '../../src/delivery/store.ts';
import type { EngineRecord, SessionFact, SessionHealth } from '../../src/engine/port.ts';
import { changeState, keepHealth, loseStaleGaps } from '../../src/features/devices/index.ts';
import type { Db } from '../../src/platform/db/port.ts';
import { describeEachDb } from '../kit/db.ts';
import { commit, type OwnedDevice, ownedDevice, queued } from './factories.ts';

const account = { phone: '+15550001000', companion: 1 };
const word = (fact: SessionFact): EngineRecord => ({ kind: 'session', fact, at: Date.now() });
const ago = (seconds: number) => new Date(Date.now() - seconds * 1000);
const inbound = (waId: string, offline: boolean): EngineRecord => {
  const sender = { kind: 'person', phone: '+15550002000' } as const;
  const content = { type: 'text', text: { body: waId } } as const;
  return {
    kind: 'inbound',
    message: { waId, chat: sender, sender, fromMe: false, sentAt: Date.now(), content, offline },
  };
};
const away = (cause: 'deaf' | 'network', heardAt: Date) =>
  word({ fact: 'closed', cause, heardAt: heardAt.getTime(), retryAt: Date.now() });
const back = word({ fact: 'open', account });
const drained = word({ fact: 'drained', messages: 1 });

/** The events of one device of these types, with what they tell of a gap or of health. */
async function told(db: Db, device: OwnedDevice, types: string[]): Promise<unknown[]> {
  const rows = await db.query<{ type: string; data: Record<string, unknown> }>(
    `select type, data from event where workspace_id = $1 and device_id = $2 and type = any ($3::text[]) order by sequence`,
    [device.workspaceId, device.deviceId, types],
  );
  return rows.map(({ type, data }) => ({ type, ...Object(data['gap'] ?? data['health']) }));
}
const gaps = (db: Db, device: OwnedDevice) => told(db, device, ['gap.detected', 'gap.recovered']);

describeEachDb('a gap', (database) => {
  it('is told when the connection is back, and again when it is filled, with what came late', async () => {
    const { db } = database();
    const device = await ownedDevice(db);
    const from = ago(60);
    await commit(db, device, [away('network', from)]);
    await commit(db, device, [inbound('A', true), back]);
    await commit(db, device, [inbound('B', true), inbound('C', false), drained]);
    expect(await gaps(db, device)).toMatchObject([
      { type: 'gap.detected', from: from.toISOString(), reason: 'network', status: 'filling', messagesRecovered: 0 },
      { type: 'gap.recovered', from: from.toISOString(), reason: 'network', status: 'recovered', messagesRecovered: 2 },
    ]);
    const rows = await db.query<{ wa_id: string; source: string }>(
      'select wa_id, source from message where workspace_id = $1 order by wa_id',
      [device.workspaceId],
    );
    expect(rows.map(({ wa_id, source }) => [wa_id, source])).toEqual([
      ['A', 'recovered'],
      ['B', 'recovered'],
      ['C', 'live'],
    ]);
  });

  it('that was short is told only where something was missed', async () => {
    const { db } = database();
    const device = await ownedDevice(db);
    await commit(db, device, [away('network', ago(1)), back, drained]);
    expect(await gaps(db, device)).toEqual([]);
    await commit(db, device, [away('network', ago(1)), back, inbound('A', true), drained]);
    expect(await gaps(db, device)).toMatchObject([
      { type: 'gap.detected', status: 'filling', messagesRecovered: 1 },
      { type: 'gap.recovered', messagesRecovered: 1 },
    ]);
  });

  it('of a deaf session is told however short it was', async () => {
    const { db } = database();
    const device = await ownedDevice(db);
    await commit(db, device, [away('deaf', ago(1)), back, drained]);
    expect(await gaps(db, device)).toMatchObject([
      { type: 'gap.detected', reason: 'deaf' },
      { type: 'gap.recovered', reason: 'deaf' },
    ]);
  });

  it('goes on where the connection is lost again before it is filled, and is told once', async () => {
    const { db } = database();
    const device = await ownedDevice(db);
    const from = ago(60);
    await commit(db, device, [away('network', from), back]);
    await commit(db, device, [away('deaf', ago(1)), back, drained]);
    expect(await gaps(db, device)).toMatchObject([
      { type: 'gap.detected', from: from.toISOString(), reason: 'network' },
      { type: 'gap.recovered', from: from.toISOString(), reason: 'network' },
    ]);
  });

  it('is lost with the link, or where its filling never ends', async () => {
    const { db } = database();
    const device = await ownedDevice(db);
    await commit(db, device, [away('network', ago(60)), word({ fact: 'closed', cause: 'logged_out' })]);
    expect(await gaps(db, device)).toMatchObject([{ type: 'gap.detected', status: 'lost' }]);
    const other = await ownedDevice(db);
    await commit(db, other, [away('network', ago(60)), back]);
    await loseStaleGaps(db, ago(300));
    expect(await gaps(db, other)).toMatchObject([{ status: 'filling' }]);
    await loseStaleGaps(db, ago(-300));
    expect(await gaps(db, other)).toMatchObject([{ status: 'filling' }, { type: 'gap.detected', status: 'lost' }]);
  });

  it('of a device that is well again over the same connection is filled', async () => {
    const { db } = database();
    const device = await ownedDevice(db);
    await commit(db, device, [word({ fact: 'degraded', sign: 'quiet' })]);
    await commit(db, device, [word({ fact: 'well' })]);
    expect(await gaps(db, device)).toMatchObject([
      { type: 'gap.detected', reason: 'deaf', status: 'filling' },
      { type: 'gap.recovered', reason: 'deaf', status: 'recovered' },
    ]);
  });

  it('from before that connection waits for the rest of what WhatsApp kept', async () => {
    const { db } = database();
    const device = await ownedDevice(db);
    await commit(db, device, [away('network', ago(60)), back]);
    await commit(db, device, [word({ fact: 'degraded', sign: 'quiet' })]);
    await commit(db, device, [word({ fact: 'well' })]);
    expect(await gaps(db, device)).toMatchObject([{ status: 'filling' }]);
    await commit(db, device, [inbound('A', true), drained]);
    expect(await gaps(db, device)).toMatchObject([
      { status: 'filling' },
      { status: 'recovered', messagesRecovered: 1 },
    ]);
  });

  it('is not given up while messages still come', async () => {
    const { db } = database();
    const device = await ownedDevice(db);
    await commit(db, device, [away('network', ago(60)), back]);
    await commit(db, device, [inbound('A', true)]);
    await db.query(`update device_gap set to_at = to_at - interval '10 minutes' where device_id = $1`, [
      device.deviceId,
    ]);
    await loseStaleGaps(db, ago(300));
    await commit(db, device, [drained]);
    expect(await gaps(db, device)).toMatchObject([{ status: 'filling' }, { status: 'recovered' }]);
  });

  it('begins, where a node died, when its device was last heard', async () => {
    const { db } = database();
    const device = await ownedDevice(db);
    const lastFrameAt = ago(120).getTime();
    await keepHealth(db, [{ deviceId: device.deviceId, live: { gated: 0, lastFrameAt } }], new Date());
    await db.tx((tx) => changeState(tx, { ...device, now: new Date() }, { kind: 'takeover' }));
    await commit(db, device, [back, drained]);
    expect(await gaps(db, device)).toMatchObject([
      { from: new Date(lastFrameAt).toISOString(), reason: 'node_started' },
      { status: 'recovered' },
    ]);
  });
});

describeEachDb('an outage', (database) => {
  it('is told of once, however many tries fail, and so is what waits for its end', async () => {
    const { db } = database();
    const device = await ownedDevice(db);
    const { id } = await queued(db, device);
    const states = async () =>
      (await told(db, device, ['device.disconnected', 'device.health_changed', 'message.held'])).length;
    const failed = (retryAt: number) => word({ fact: 'closed', cause: 'network', retryAt });
    await commit(db, device, [failed(Date.now() + 1_000)]);
    expect(await states()).toBe(2);
    const retryAt = Date.now() + 60_000;
    await commit(db, device, [word({ fact: 'connecting' }), failed(retryAt)]);
    expect(await states()).toBe(2);
    const [row] = await db.query<{ retry_at: Date; state_deadline: Date }>(
      'select retry_at, state_deadline from device where workspace_id = $1 and id = $2',
      [device.workspaceId, device.deviceId],
    );
    expect(row?.retry_at.getTime()).toBe(retryAt);
    expect(row?.state_deadline.getTime()).toBeGreaterThan(retryAt);
    const now = new Date((row?.state_deadline.getTime() ?? 0) + 1);
    await db.tx(async (tx) => {
      const after = await changeState(tx, { ...device, now }, { kind: 'deadline' });
      if (after) await alignWaiting(tx, after);
    });
    expect(await states()).toBe(3);
    const [waits] = await db.query('select status, held_reason from message where id = $1', [id]);
    expect(waits).toEqual({ status: 'held', held_reason: 'device_disconnected' });
  });
});

describeEachDb('a message on its way', (database) => {
  it('says that its device was unlinked, stays sending for it may have arrived, and is claimed once', async () => {
    const { db } = database();
    const device = await ownedDevice(db);
    const { id } = await queued(db, device);
    const claim = () => claimNext(db, [{ ...device, room: 10 }], []);
    const stands = async (): Promise<unknown> =>
      (await db.query('select status, status_rank as rank, held_reason as reason from message where id = $1', [id]))[0];
    const news = async () =>
      (
        await db.query<{ reason: string | null }>(
          `select data #>> '{message,heldReason}' as reason from event
           where workspace_id = $1 and subject_id = $2 and type like 'message.%' order by event.sequence`,
          [device.workspaceId, id],
        )
      ).map(({ reason }) => reason);
    const onItsWay = { status: 'sending', rank: 2, reason: null };
    expect(await claim()).toHaveLength(1);
    await commit(db, device, [away('network', ago(1))]);
    expect(await stands()).toEqual(onItsWay);
    await commit(db, device, [word({ fact: 'closed', cause: 'logged_out' })]);
    expect(await stands()).toEqual({ ...onItsWay, reason: 'device_logged_out' });
    const standing = { workspace_id: device.workspaceId, id: device.deviceId, state_reason: '' };
    for (const state of ['logged_out', 'unlinked', 'linking'])
      await db.tx((tx) => alignWaiting(tx, { ...standing, state }));
    expect(await stands()).toEqual({ ...onItsWay, reason: 'device_linking' });
    expect([await claim(), await news()]).toEqual([[], [null, 'device_logged_out']]);
    await unclaimDevice(db, device);
    expect(await claim()).toHaveLength(1);
    expect(await stands()).toEqual(onItsWay);
    expect(await news()).toHaveLength(2);
  });
});

describeEachDb('the health of a device', (database) => {
  const well: SessionHealth = { gated: 0, pingMs: 10, unacked: 0 };
  const slow: SessionHealth = { ...well, unacked: 5, unackedMs: 30_000 };

  it('is told when it changes, at most once a minute, and says what it was', async () => {
    const { db } = database();
    const device = await ownedDevice(db);
    const at = async (live: SessionHealth, seconds: number) =>
      keepHealth(db, [{ deviceId: device.deviceId, live }], new Date(Date.now() + seconds * 1000));
    const news = async () =>
      (await told(db, device, ['device.health_changed'])).filter((one) => 'score' in Object(one));
    await at(well, 0);
    expect(await news()).toEqual([]);
    await at(slow, 30);
    expect(await news()).toMatchObject([{ score: 80, previousScore: 100, reasons: [{ code: 'acks_late' }] }]);
    await at(well, 60);
    await at(slow, 80);
    expect(await news()).toHaveLength(1);
    await at(well, 91);
    expect(await news()).toMatchObject([{ score: 80 }, { score: 100, previousScore: 80, reasons: [] }]);
  });
});

const standing = async (db: Db, device: OwnedDevice): Promise<unknown> =>
  (
    await db.query('select state, state_reason as reason, restricted_until as until from device where id = $1', [
      device.deviceId,
    ])
  )[0];

describeEachDb('a lock on new chats', (database) => {
  const until = Date.now() + 3_600_000;
  const locked = word({ fact: 'reach_out_lock', until });
  const lifted = word({ fact: 'reach_out_lock', until: null });

  it('that is lifted is over, whichever session hears of it, and told twice it is one event', async () => {
    const { db } = database();
    const device = await ownedDevice(db);
    await commit(db, device, [locked, locked]);
    expect(await standing(db, device)).toMatchObject({ state: 'restricted', reason: 'reach_out_locked' });
    expect(await told(db, device, ['device.restricted'])).toHaveLength(1);
    await commit(db, device, [lifted, lifted]);
    expect(await standing(db, device)).toEqual({ state: 'connected', reason: 'restriction_ended', until: null });
  });

  it('that is heard of while the device is away holds for its next connection', async () => {
    const { db } = database();
    const device = await ownedDevice(db);
    await commit(db, device, [away('network', ago(1)), locked]);
    expect(await standing(db, device)).toMatchObject({ state: 'connecting' });
    await commit(db, device, [back]);
    expect(await standing(db, device)).toMatchObject({ state: 'restricted', until: new Date(until) });
    await commit(db, device, [away('network', ago(1)), lifted, back]);
    expect(await standing(db, device)).toEqual({ state: 'connected', reason: 'connected', until: null });
  });
});

describeEachDb('a deadline', (database) => {
  it('moves only the state it belongs to: what came since it was found overdue has its own', async () => {
    const { db } = database();
    const device = await ownedDevice(db);
    const pass = (seconds: number) => {
      const target = { ...device, now: new Date(Date.now() + seconds * 1000) };
      return db.tx((tx) => changeState(tx, target, { kind: 'deadline' }));
    };
    await commit(db, device, [word({ fact: 'reach_out_lock', until: Date.now() + 600_000 })]);
    await pass(0);
    expect(await standing(db, device)).toMatchObject({ state: 'restricted' });
    await commit(db, device, [away('network', ago(1))]);
    await pass(30);
    expect(await standing(db, device)).toMatchObject({ state: 'connecting' });
    await pass(120);
    expect(await standing(db, device)).toMatchObject({ state: 'disconnected', reason: 'connect_timeout' });
  });

  it('begins anew where the clock was set back, so that nothing stays in a state for the jump', async () => {
    const { db } = database();
    const device = await ownedDevice(db);
    await commit(db, device, [away('network', ago(1))]);
    const own = async () => (await overdueDevices(db, 10_000)).filter(({ id }) => id === device.deviceId);
    await db.query(
      `update device set state_at = state_at + interval '1 hour', state_deadline = state_deadline + interval '1 hour'
       where workspace_id = $1 and id = $2`,
      [device.workspaceId, device.deviceId],
    );
    await mendDeadlines(db);
    const [row] = await db.query<{ seconds: number }>(
      `select extract(epoch from state_deadline - now())::int as seconds from device where workspace_id = $1 and id = $2`,
      [device.workspaceId, device.deviceId],
    );
    expect(row?.seconds).toBeGreaterThan(30);
    expect(row?.seconds).toBeLessThan(121);
    expect(await own()).toEqual([]);
  });
});
