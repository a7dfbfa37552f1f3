import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { Dispatcher } from '../../src/delivery/dispatcher.ts';
import { type Engine, EngineSendError, type Outbound } from '../../src/engine/port.ts';
import { createLogger } from '../../src/platform/log.ts';
import { describeEachDb } from '../kit/db.ts';
import { ownedDevice, queued, statusOf } from './factories.ts';

const SHOP = '+15550007000';

/** An engine whose sends are what the test says; nothing else of it is used here. */
function engineThat(send: (message: Outbound) => Promise<void>): Engine {
  const unused = async (): Promise<never> => {
    throw new Error('not used');
  };
  return {
    open: unused,
    link: unused,
    stop: unused,
    logout: unused,
    send: (_device, message) => send(message),
    prepare: () => {},
    ask: unused,
    health: unused,
    workers: () => [],
    [Symbol.asyncDispose]: async () => {},
  };
}

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
    const engine = engineThat(async ({ messageId }) => {
      left.push(messageId);
      if (left.length === 2) parts.dispatcher?.offline(device.deviceId);
    });
    await using dispatcher = new Dispatcher({ db, engine, log: createLogger('silent') });
    parts.dispatcher = dispatcher;
    await dispatcher.online(device);
    await until(() => left.length === 2);
    await sleep(200);
    expect(left).toEqual(accepted.slice(0, 2));
    await dispatcher.online(device);
    await until(() => left.length >= 4);
    // Without an ack everything the connection had on the way goes again, under the same ids and still in order.
    expect(left.slice(2)).toEqual(accepted);
  });
});
