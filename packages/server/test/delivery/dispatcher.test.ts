import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { Dispatcher } from '../../src/delivery/dispatcher.ts';
import { claimNext, findExpired, unclaimDevice, unclaimSilent } from '../../src/delivery/store.ts';
import { deferred } from '../../src/engine/baileys/deferred.ts';
import { type Address, type EngineRecord, EngineSendError } from '../../src/engine/port.ts';
import type { Db, SqlValue } from '../../src/platform/db/port.ts';
import { createLogger } from '../../src/platform/log.ts';
import { describeEachDb } from '../kit/db.ts';
import { engineThat } from './engine-that.ts';
import { commit, type OwnedDevice, ownedDevice, queued, statusOf } from './factories.ts';

const SHOP = '+15550007000';

async function until(done: () => boolean): Promise<void> {
  for (let n = 0; n < 600 && !done(); n++) await sleep(25);
  expect(done()).toBe(true);
}

/** The database, away for some of the statements asked of it directly, counted from 1. */
function awayAt(db: Db, isAway: (nth: number) => boolean): { db: Db; asked: () => number } {
  let asked = 0;
  const query = async <Row>(sql: string, params?: readonly SqlValue[]): Promise<Row[]> => {
    asked += 1;
    if (isAway(asked)) throw new Error('the connection to the database was lost');
    return db.query<Row>(sql, params);
  };
  return { db: { ...db, query }, asked: () => asked };
}

describeEachDb('the messages of one chat', (database) => {
  it('leave in the order they were accepted, whichever of them has to be tried again', async () => {
    const { db } = database();
    const device = await ownedDevice(db);
    const accepted: string[] = [];
    for (let n = 0; n < 6; n++) accepted.push((await queued(db, device, SHOP)).id);
    const left: string[] = [];
    const failing = new Set([accepted[1], accepted[4]]);
    const engine = engineThat(async ({ messageId }) => {
      if (failing.delete(messageId)) throw new EngineSendError('not_open', 'the connection was lost', true);
      left.push(messageId);
    });
    await using dispatcher = new Dispatcher({ db, engine, log: createLogger('silent') });
    await dispatcher.online(device);
    await until(() => left.length >= accepted.length);
    expect(left).toEqual(accepted);
  });

  it('say of each whether it was handed over before', async () => {
    const { db } = database();
    const device = await ownedDevice(db);
    await queued(db, device, SHOP);
    const tries: (true | undefined)[] = [];
    const engine = engineThat(async ({ again }) => {
      tries.push(again);
      if (tries.length === 1) throw new EngineSendError('worker_lost', 'the worker died', true);
    });
    await using dispatcher = new Dispatcher({ db, engine, log: createLogger('silent') });
    await dispatcher.online(device);
    await until(() => tries.length === 2);
    expect(tries).toEqual([undefined, true]);
  });

  it('go on behind one that was refused for good', async () => {
    const { db } = database();
    const device = await ownedDevice(db);
    const accepted: string[] = [];
    for (let n = 0; n < 3; n++) accepted.push((await queued(db, device, SHOP)).id);
    const left: string[] = [];
    const engine = engineThat(async ({ messageId }) => {
      if (messageId === accepted[0]) throw new EngineSendError('not_on_whatsapp', 'the number is not there', false);
      left.push(messageId);
    });
    await using dispatcher = new Dispatcher({ db, engine, log: createLogger('silent') });
    await dispatcher.online(device);
    await until(() => left.length >= 2);
    expect(left).toEqual(accepted.slice(1));
    expect(await statusOf(db, device, accepted[0] ?? '')).toBe('failed');
  });

  it('stay in order where it is made one with another chat while the first of them is carried', async () => {
    const { db } = database();
    const device = await ownedDevice(db);
    const byLid = { kind: 'person', lid: '9070' } as const;
    const base = { fromMe: false, sentAt: Date.now(), offline: false };
    const say = (waId: string, sender: Address): EngineRecord => {
      const content = { type: 'text', text: { body: waId } } as const;
      return { kind: 'inbound', message: { ...base, waId, chat: sender, sender, content } };
    };
    await commit(db, device, [say('L1', byLid)]);
    const toLid = async () => {
      const { id } = await queued(db, device, SHOP);
      for (const [table, key] of [
        ['message', 'id'],
        ['outbox', 'message_id'],
      ])
        await db.query(
          `update ${table} set conversation_id = (select conversation_id from message where device_id = $1 and wa_id = 'L1')
           where ${key} = $2`,
          [device.deviceId, id],
        );
      return id;
    };
    const accepted = [await toLid()];
    const left: string[] = [];
    const first = deferred<void>();
    let begun = false;
    const engine = engineThat(async ({ messageId }) => {
      begun = true;
      if (messageId === accepted[0]) await first.promise;
      left.push(messageId);
    });
    await using dispatcher = new Dispatcher({ db, engine, log: createLogger('silent') });
    await dispatcher.online(device);
    await until(() => begun);
    accepted.push(await toLid());
    const { merged } = await commit(db, device, [say('B1', { ...byLid, phone: SHOP })]);
    expect(merged).toHaveLength(1);
    dispatcher.merged(merged);
    dispatcher.wake(device.deviceId);
    await sleep(200);
    expect(left).toEqual([]);
    first.resolve();
    await until(() => left.length === 2);
    expect(left).toEqual(accepted);
  });

  it('wait in line again when the device goes offline between two of them', async () => {
    const { db } = database();
    const device = await ownedDevice(db);
    const accepted: string[] = [];
    for (let n = 0; n < 4; n++) accepted.push((await queued(db, device, SHOP)).id);
    const left: string[] = [];
    const parts: { dispatcher?: Dispatcher } = {};
    let open = true;
    const engine = engineThat(async ({ messageId }) => {
      if (!open) throw new EngineSendError('not_open', 'the connection was lost', true);
      left.push(messageId);
      if (left.length !== 2) return;
      open = false;
      parts.dispatcher?.offline(device.deviceId);
    });
    await using dispatcher = new Dispatcher({ db, engine, log: createLogger('silent') });
    parts.dispatcher = dispatcher;
    await dispatcher.online(device);
    await until(() => left.length === 2);
    await sleep(200);
    expect(left).toEqual(accepted.slice(0, 2));
    open = true;
    await dispatcher.online(device);
    await until(() => left.length >= 4);
    // Without an ack everything the connection had on the way goes again, under the same ids and still in order.
    expect(left.slice(2)).toEqual(accepted);
  });

  it('wait for a device that went offline while it was coming online', async () => {
    const { db } = database();
    const device = await ownedDevice(db);
    const { id } = await queued(db, device, SHOP);
    const left: string[] = [];
    const engine = engineThat(async ({ messageId }) => void left.push(messageId));
    await using dispatcher = new Dispatcher({ db, engine, log: createLogger('silent') });
    const opening = dispatcher.online(device);
    dispatcher.offline(device.deviceId);
    await opening;
    dispatcher.wake(device.deviceId);
    await sleep(100);
    expect([left, await statusOf(db, device, id)]).toEqual([[], 'queued']);
    await dispatcher.online(device);
    await until(() => left.length === 1);
  });

  it('go though the database was away when their device came online', async () => {
    const { db } = database();
    const device = await ownedDevice(db);
    const { id } = await queued(db, device, SHOP);
    const left: string[] = [];
    const engine = engineThat(async ({ messageId }) => void left.push(messageId));
    // Of the first try the first statement fails, of the next one the second.
    const failing = awayAt(db, (nth) => nth === 1 || nth === 3);
    await using dispatcher = new Dispatcher({ db: failing.db, engine, log: createLogger('silent') });
    await dispatcher.online(device);
    await until(() => left.length === 1);
    expect(left).toEqual([id]);
  });

  it('are not asked for again once their device went away before the database was back', async () => {
    const { db } = database();
    const device = await ownedDevice(db);
    const failing = awayAt(db, () => true);
    const engine = engineThat(async () => {});
    await using dispatcher = new Dispatcher({ db: failing.db, engine, log: createLogger('silent') });
    const opening = dispatcher.online(device);
    await until(() => failing.asked() === 1);
    dispatcher.offline(device.deviceId);
    await opening;
    expect(failing.asked()).toBe(1);
  });
});

describeEachDb('a message whose validity ends while it may be at WhatsApp', (database) => {
  const HOUR_MS = 3_600_000;
  const expired = async (db: Db, device: OwnedDevice) =>
    (await findExpired(db, HOUR_MS, 10_000)).filter(({ workspaceId }) => workspaceId === device.workspaceId);
  const endValidity = (db: Db, { workspaceId }: OwnedDevice) =>
    db.query(`update outbox set valid_until = now() - interval '1 second' where workspace_id = $1`, [workspaceId]);
  const claimed = async (db: Db, device: OwnedDevice) => {
    const message = await queued(db, device, SHOP);
    expect(await claimNext(db, [{ ...device, room: 1 }], [])).toHaveLength(1);
    return message;
  };

  it('does not expire before its ack had its time, whatever puts it back in line', async () => {
    const { db } = database();
    for (const unclaim of [
      (device: OwnedDevice) => unclaimDevice(db, device),
      (device: OwnedDevice) => unclaimSilent(db, [device.deviceId], -1),
    ]) {
      const [before, after] = [await ownedDevice(db), await ownedDevice(db)];
      await claimed(db, before);
      await unclaim(before);
      await endValidity(db, before);
      await claimed(db, after);
      await endValidity(db, after);
      await unclaim(after);
      expect([await expired(db, before), await expired(db, after)]).toEqual([[], []]);
      await db.query(
        `update message set status_at = now() - interval '2 hours' where workspace_id = any ($1::text[])`,
        [[before.workspaceId, after.workspaceId]],
      );
      expect(await expired(db, before)).toHaveLength(1);
      const again = await db.query('select 1 from outbox where workspace_id = $1 and claimed_at is not null', [
        after.workspaceId,
      ]);
      expect(again).toHaveLength(1);
    }
  });

  it('expires at once where it never left', async () => {
    const { db } = database();
    const device = await ownedDevice(db);
    await queued(db, device, SHOP);
    await endValidity(db, device);
    expect(await expired(db, device)).toHaveLength(1);
  });
});
