import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { DueMessages } from '../../src/delivery/due.ts';
import { claimNext } from '../../src/delivery/store.ts';
import { changeState } from '../../src/features/devices/index.ts';
import { nextDue, releaseDue } from '../../src/features/messages/index.ts';
import { findMessage } from '../../src/features/messages/store.ts';
import type { Db } from '../../src/platform/db/port.ts';
import { createLogger } from '../../src/platform/log.ts';
import { describeEachDb } from '../kit/db.ts';
import { type OwnedDevice, ownedDevice, queued, statusOf } from './factories.ts';

const HOUR_MS = 3600_000;
const ahead = (ms: number) => new Date(Date.now() + ms);

/** What the log tells of one message, oldest first. */
async function told(db: Db, device: OwnedDevice, id: string): Promise<string[]> {
  const rows = await db.query<{ type: string }>(
    'select type from event where workspace_id = $1 and subject_id = $2 order by event.sequence',
    [device.workspaceId, id],
  );
  return rows.map(({ type }) => type);
}

const claim = async (db: Db, device: OwnedDevice) =>
  (await claimNext(db, [{ ...device, room: 100 }], [])).map((row) => row.id);

async function until(done: () => Promise<boolean>): Promise<void> {
  for (let n = 0; n < 400; n++) {
    if (await done()) return;
    await sleep(25);
  }
  throw new Error('it never came about');
}

describeEachDb('a scheduled message', (database) => {
  it('is not claimed before its time, and goes once its time has come', async () => {
    const { db } = database();
    const device = await ownedDevice(db);
    const { id } = await queued(db, device, '+15550002001', { sendAt: ahead(HOUR_MS) });
    expect(await claim(db, device)).toEqual([]);
    expect(await releaseDue(db, ahead(HOUR_MS - 1_000), 100)).toEqual([]);
    expect(await statusOf(db, device, id)).toBe('scheduled');
    expect(await releaseDue(db, ahead(HOUR_MS + 1_000), 100)).toEqual([{ device_id: device.deviceId }]);
    expect(await statusOf(db, device, id)).toBe('queued');
    expect(await told(db, device, id)).toEqual(['message.queued']);
    expect(await claim(db, device)).toEqual([id]);
  });

  it('is released once, however many nodes look at once', async () => {
    const { db } = database();
    const device = await ownedDevice(db);
    for (let n = 0; n < 40; n++) await queued(db, device, `+1555000${3000 + n}`, { sendAt: ahead(HOUR_MS) });
    const looks = await Promise.all(Array.from({ length: 8 }, () => releaseDue(db, ahead(2 * HOUR_MS), 10)));
    let released = looks.flat().length;
    while (released < 40) released += (await releaseDue(db, ahead(2 * HOUR_MS), 10)).length;
    const events = await db.query<{ count: number }>(
      `select count(*)::int as count from event where workspace_id = $1 and type = 'message.queued'`,
      [device.workspaceId],
    );
    expect([released, events[0]?.count]).toEqual([40, 40]);
    expect(await claim(db, device)).toHaveLength(40);
  });

  it('is held for its device, and says so, where that is away when its time comes', async () => {
    const { db } = database();
    const device = await ownedDevice(db);
    const { id } = await queued(db, device, '+15550002001', { sendAt: ahead(HOUR_MS) });
    const fact = { fact: 'closed', cause: 'network', retryAt: Date.now() } as const;
    await db.tx((tx) => changeState(tx, { ...device, now: new Date() }, { kind: 'fact', fact }));
    await releaseDue(db, ahead(2 * HOUR_MS), 100);
    expect(await findMessage(db, device.workspaceId, id)).toMatchObject({
      status: 'held',
      held_reason: 'device_connecting',
    });
    expect(await told(db, device, id)).toEqual(['message.held']);
  });

  it('leaves when the clock says so: early by no more than a jump ahead, and never twice after a jump back', async () => {
    const { db } = database();
    const device = await ownedDevice(db);
    const { id } = await queued(db, device, '+15550002001', { sendAt: ahead(HOUR_MS) });
    const later = (await queued(db, device, '+15550002002', { sendAt: ahead(5 * HOUR_MS) })).id;
    let jump = 0;
    const clock = { now: () => ahead(jump) };
    const woken: string[] = [];
    await using _due = new DueMessages({
      db,
      clock,
      log: createLogger('silent'),
      onReleased: (deviceId) => woken.push(deviceId),
    });
    await until(async () => (await nextDue(db)) !== null);
    expect(await statusOf(db, device, id)).toBe('scheduled');
    jump = 2 * HOUR_MS;
    await until(async () => (await statusOf(db, device, id)) === 'queued');
    expect(await statusOf(db, device, later)).toBe('scheduled');
    jump = -10 * HOUR_MS;
    await sleep(1_500);
    expect(await claim(db, device)).toEqual([id]);
    expect(await told(db, device, id)).toEqual(['message.queued', 'message.sending']);
    expect(woken).toEqual([device.deviceId]);
  });
});

describeEachDb('a clock that jumps back', (database) => {
  it('does not keep what was queued before from being claimed', async () => {
    const { db } = database();
    const device = await ownedDevice(db);
    const { id } = await queued(db, device);
    await db.query(`update outbox set not_before = now() + interval '1 hour' where message_id = $1`, [id]);
    expect(await claim(db, device)).toEqual([id]);
  });
});
