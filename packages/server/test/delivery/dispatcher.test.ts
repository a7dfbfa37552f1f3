import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { Dispatcher } from '../../src/delivery/dispatcher.ts';
import { EngineSendError } from '../../src/engine/port.ts';
import { createLogger } from '../../src/platform/log.ts';
import { describeEachDb } from '../kit/db.ts';
import { engineThat } from './engine-that.ts';
import { ownedDevice, queued, statusOf } from './factories.ts';

const SHOP = '+15550007000';

async function until(done: () => boolean): Promise<void> {
  for (let n = 0; n < 600 && !done(); n++) await sleep(25);
  expect(done()).toBe(true);
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
});
