import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { Dispatcher } from '../../src/delivery/dispatcher.ts';
import { releaseDue } from '../../src/features/messages/index.ts';
import { findMessage } from '../../src/features/messages/store.ts';
import type { Db } from '../../src/platform/db/port.ts';
import { brandId } from '../../src/platform/ids.ts';
import { createLogger } from '../../src/platform/log.ts';
import { Caller } from '../kit/calls.ts';
import { describeEachDb } from '../kit/db.ts';
import { engineThat } from './engine-that.ts';
import { commit, type OwnedDevice, ownedDevice, queued } from './factories.ts';

const LIMITS = { plan: 'enterprise', devices: 50, outboundPerMonth: 1_000, apiAccess: true, suspended: false };
const numberOf = (n: number) => `+4915112345${String(100 + n)}`;
/** Noon in Germany, of the day it is: the database keeps its own time. */
const NOON = new Date(`${new Date().toISOString().slice(0, 10)}T11:00:00Z`);

async function until(done: () => Promise<boolean> | boolean): Promise<void> {
  for (let n = 0; n < 800; n++) {
    if (await done()) return;
    await sleep(25);
  }
  throw new Error('it never came about');
}

describeEachDb('a paced device', (database) => {
  async function world(pacing: object) {
    const { db } = database();
    const device = await ownedDevice(db);
    const caller = new Caller(db, brandId('ws', device.workspaceId), LIMITS);
    const params = { deviceId: device.deviceId };
    const pace = (change: object | null) => caller.call('devices.update', { params, body: { pacing: change } });
    await pace({ gapSeconds: 0, chatGapSeconds: 0, warmUpDays: 0, ...pacing });
    const left: { id: string; at: number }[] = [];
    const engine = engineThat(async ({ messageId }) => {
      left.push({ id: messageId, at: performance.now() });
    });
    let now = NOON.getTime();
    const clock = { now: () => new Date(now) };
    const log = createLogger('silent');
    const start = async (real = false): Promise<Dispatcher> => {
      const dispatcher = new Dispatcher({ db, engine, log, ...(real ? {} : { clock }) });
      await dispatcher.online(device);
      return dispatcher;
    };
    const goTo = (at: number) => {
      now = at;
    };
    const health = async () => JSON.parse(String((await caller.call('devices.health', { params })).body)).pacing;
    return { db, device, caller, pace, left, start, goTo, health };
  }

  const shown = async (db: Db, device: OwnedDevice, id: string) => {
    const row = await findMessage(db, device.workspaceId, id);
    return { status: row?.status, reason: row?.held_reason ?? null, next: row?.next_attempt_at?.getTime() ?? null };
  };

  const ids = (sent: { id: string }[]) => sent.map(({ id }) => id);

  it('leaves a gap between messages, in order, shows the one that waits, and lets an otp through', async () => {
    const { db, device, left, start } = await world({ gapSeconds: 0.8 });
    const accepted: string[] = [];
    for (let n = 0; n < 4; n++) accepted.push((await queued(db, device, numberOf(n))).id);
    await using dispatcher = await start(true);
    await until(() => left.length === 1);
    await until(async () => (await shown(db, device, accepted[3] ?? '')).status === 'held');
    expect(await shown(db, device, accepted[3] ?? '')).toMatchObject({ reason: 'pacing', next: expect.any(Number) });
    const code = (await queued(db, device, numberOf(9), { priority: 'otp' })).id;
    dispatcher.wake(device.deviceId, true);
    await until(() => left.length === 5);
    expect(ids(left).indexOf(code)).toBeLessThan(4);
    const paced = left.filter(({ id }) => id !== code);
    expect(ids(paced)).toEqual(accepted);
    const gaps = paced.slice(1).map(({ at }, i) => at - (paced[i]?.at ?? 0));
    // What lies between judging and sending is the database's time, now more, now less.
    for (const gap of gaps) expect(gap).toBeGreaterThan(500);
    const events = await db.query<{ type: string; reason: string | null }>(
      `select type, data #>> '{message,heldReason}' as reason from event where subject_id = $1 order by event.sequence`,
      [accepted[3] ?? ''],
    );
    expect(events.map(({ type, reason }) => [type, reason])).toEqual([
      ['message.held', 'pacing'],
      ['message.sending', null],
    ]);
  });

  it('opens as many cold chats a day as it may, holds the others until the next, and health shows what is used', async () => {
    const { db, device, left, start, goTo, health } = await world({ coldChatsPerDay: 3 });
    const accepted: string[] = [];
    for (let n = 0; n < 80; n++) {
      accepted.push((await queued(db, device, numberOf(n), { validSeconds: 3 * 86_400 })).id);
    }
    const first = await start();
    await until(async () => (await shown(db, device, accepted[79] ?? '')).status === 'held');
    const tomorrow = (Math.floor(NOON.getTime() / 86_400_000) + 1) * 86_400_000;
    for (const id of [accepted[3], accepted[79]]) {
      expect(await shown(db, device, id ?? '')).toEqual({ status: 'held', reason: 'cold_chat_budget', next: tomorrow });
    }
    expect(ids(left)).toEqual(accepted.slice(0, 3));
    expect(await health()).toMatchObject({ enabled: true, coldChatsUsed: 3, coldChatsAllowed: 3 });
    // A restart forgets none of it.
    await first[Symbol.asyncDispose]();
    await db.query('delete from outbox where claimed_at is not null and device_id = $1', [device.deviceId]);
    await using again = await start();
    await queued(db, device, numberOf(100), { validSeconds: 3 * 86_400 });
    again.wake(device.deviceId);
    await sleep(300);
    expect(left).toHaveLength(3);
    goTo(tomorrow + 1_000);
    await releaseDue(db, new Date(tomorrow + 1_000), 500);
    again.wake(device.deviceId);
    await until(() => left.length === 6);
    expect(ids(left)).toEqual(accepted.slice(0, 6));
  });

  it('does not count who wrote to it, and lets a message go on once they did', async () => {
    const { db, device, left, start } = await world({ coldChatsPerDay: 0 });
    const from = { kind: 'person', phone: numberOf(1) } as const;
    const content = { type: 'text', text: { body: 'Hello?' } } as const;
    const message = {
      waId: 'A1',
      chat: from,
      sender: from,
      fromMe: false,
      sentAt: Date.now(),
      content,
      offline: false,
    };
    await commit(db, device, [{ kind: 'inbound', message }]);
    const warm = (await queued(db, device, numberOf(1))).id;
    const cold = (await queued(db, device, numberOf(2))).id;
    const code = (await queued(db, device, numberOf(3), { priority: 'otp' })).id;
    await using _dispatcher = await start();
    await until(async () => (await shown(db, device, cold)).status === 'held');
    await until(() => left.length === 2);
    expect(ids(left).sort()).toEqual([code, warm].sort());
  });

  it('holds bulk for the night where the recipient is, and keeps the order of the chat behind it', async () => {
    const { db, device, left, start, goTo } = await world({});
    const night = NOON.getTime() + 12 * 3600_000;
    goTo(night);
    const options = { priority: 'bulk', validSeconds: 3 * 86_400 } as const;
    const first = (await queued(db, device, numberOf(1), options)).id;
    const normal = (await queued(db, device, numberOf(2), { validSeconds: 3 * 86_400 })).id;
    await using dispatcher = await start();
    await until(async () => (await shown(db, device, first)).status === 'held');
    const held = await shown(db, device, first);
    expect(held.reason).toBe('quiet_hours');
    expect(new Date(held.next ?? 0).toISOString().slice(11)).toMatch(/^0[67]:00:00/);
    await until(() => left.length === 1);
    const morning = (held.next ?? 0) + 1_000;
    goTo(morning);
    const second = (await queued(db, device, numberOf(1), options)).id;
    dispatcher.wake(device.deviceId);
    await sleep(300);
    await releaseDue(db, new Date(morning), 500);
    dispatcher.wake(device.deviceId);
    await until(async () => {
      await releaseDue(db, new Date(morning), 500);
      dispatcher.wake(device.deviceId);
      return left.length === 3;
    });
    expect(ids(left)).toEqual([normal, first, second]);
  });

  it('goes by new settings as soon as they are read, also with what it held', async () => {
    const { db, device, left, start, pace } = await world({ coldChatsPerDay: 0 });
    const { id } = await queued(db, device, numberOf(1));
    await using dispatcher = await start();
    await until(async () => (await shown(db, device, id)).reason === 'cold_chat_budget');
    await pace({ enabled: false });
    dispatcher.refreshPacing();
    await until(() => left.length === 1);
  });
});

describeEachDb('pacing', (database) => {
  it('of a device of WhatsApp is on, and cannot be set below its floor', async () => {
    const { db } = database();
    const caller = await Caller.create(db);
    const params = { deviceId: await caller.device('whatsapp') };
    const get = async () => JSON.parse(String((await caller.call('devices.get', { params })).body)).pacing;
    expect(await get()).toMatchObject({ enabled: true, gapSeconds: 3, coldChatsPerDay: 100 });
    const set = (pacing: object | null) => caller.call('devices.update', { params, body: { pacing } });
    await expect(set({ gapSeconds: 0 })).rejects.toMatchObject({
      code: 'VALIDATION_ERROR',
      param: 'pacing.gapSeconds',
    });
    await expect(set({ enabled: false })).rejects.toMatchObject({ param: 'pacing.enabled' });
    await set({ gapSeconds: 9 });
    await set({ coldChatsPerDay: 7 });
    expect(await get()).toMatchObject({ gapSeconds: 9, coldChatsPerDay: 7 });
    await set(null);
    expect(await get()).toMatchObject({ gapSeconds: 3, coldChatsPerDay: 100 });
  });

  it('warms a device up from its linking, and a number that is linked again goes on where it was', async () => {
    const { db } = database();
    const device = await ownedDevice(db);
    const linkedAt = async () =>
      (await db.query<{ at: Date | null }>('select linked_at as at from device where id = $1', [device.deviceId]))[0]
        ?.at;
    const first = await linkedAt();
    expect(first).toBeInstanceOf(Date);
    const relink = async (phone: string) => {
      const fact = { fact: 'paired', account: { phone, companion: 2 } } as const;
      await commit(db, device, [{ kind: 'session', fact, at: Date.now() }]);
    };
    const [row] = await db.query<{ phone: string }>('select phone from device where id = $1', [device.deviceId]);
    await relink(row?.phone ?? '');
    expect(await linkedAt()).toEqual(first);
    await relink('+15559990000');
    expect((await linkedAt())?.getTime()).toBeGreaterThan(first?.getTime() ?? 0);
  });
});
