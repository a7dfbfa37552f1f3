import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { Ownership } from '../../src/cluster/ownership.ts';
import { releaseLease } from '../../src/cluster/store.ts';
import { alignWaiting } from '../../src/delivery/align.ts';
import { Dispatcher } from '../../src/delivery/dispatcher.ts';
import { deferred } from '../../src/engine/baileys/deferred.ts';
import { type Engine, EngineSendError } from '../../src/engine/port.ts';
import { changeState } from '../../src/features/devices/index.ts';
import { setDesired } from '../../src/features/devices/store.ts';
import { createLogger } from '../../src/platform/log.ts';
import { describeEachDb } from '../kit/db.ts';
import { engineThat } from './engine-that.ts';
import { DATA_KEY, ownedDevice, queued } from './factories.ts';

const PATIENT = { timeout: 30_000, interval: 250 };

describeEachDb('a node that lost leases', (database) => {
  it('closes their sessions side by side, and neither the others nor new ones wait for it', async () => {
    const { db } = database();
    const [one, two, three] = [await ownedDevice(db), await ownedDevice(db), await ownedDevice(db)];
    for (const device of [one, two]) await releaseLease(db, device);
    const both = [one.deviceId, two.deviceId].sort();
    const stopped: string[] = [];
    const lost: string[] = [];
    const closing = deferred<void>();
    const engine: Engine = {
      ...engineThat(async () => {}),
      open: async () => {},
      stop: (deviceId) => {
        stopped.push(deviceId);
        return closing.promise;
      },
    };
    await using ownership = new Ownership({
      db,
      engine,
      log: createLogger('silent'),
      holder: 'node_one',
      dataKey: async () => DATA_KEY,
      alignWaiting,
      onLost: (deviceId) => void lost.push(deviceId),
    });
    const after = async (read: () => string[]) => {
      ownership.wake();
      return read().sort();
    };
    try {
      await expect.poll(() => after(() => ownership.held()), PATIENT).toEqual(both);
      await db.query(
        `update device_lease set holder = 'node_two', token = token + 1, expires_at = now() + interval '1 hour'
         where holder = 'node_one'`,
      );
      await expect.poll(() => after(() => [...stopped]), PATIENT).toEqual(both);
      expect([...lost].sort()).toEqual(both);
      await db.query('update device_lease set expires_at = clock_timestamp() where device_id = any ($1::text[])', [
        [one.deviceId, three.deviceId],
      ]);
      // Both are free: the one whose session is still closing is not taken yet.
      await expect.poll(() => after(() => ownership.held()), PATIENT).toEqual([three.deviceId]);
    } finally {
      closing.resolve();
    }
    await expect.poll(() => after(() => ownership.held()), PATIENT).toContain(one.deviceId);
  });
});

describeEachDb('a device that is unlinked', (database) => {
  it('has its messages say so while its session still closes, and none of them is claimed meanwhile', async () => {
    const { db } = database();
    const device = await ownedDevice(db);
    const { workspaceId, deviceId } = device;
    await releaseLease(db, device);
    const news: string[] = [];
    const closing = deferred<void>();
    const engine: Engine = {
      ...engineThat(async () => {
        throw new EngineSendError('not_open', 'the session is not open here', true);
      }),
      open: async () => void news.push('opened'),
      stop: (id) => {
        news.push(`closes ${id}`);
        return closing.promise;
      },
    };
    const log = createLogger('silent');
    await using dispatcher = new Dispatcher({ db, engine, log });
    await using ownership = new Ownership({
      db,
      engine,
      log,
      holder: 'node_one',
      dataKey: async () => DATA_KEY,
      alignWaiting,
      onLost: (id) => dispatcher.offline(id),
    });
    try {
      ownership.wake();
      await expect.poll(() => news, PATIENT).toEqual(['opened']);
      await dispatcher.online(device);
      const { id } = await queued(db, device);
      await db.tx((tx) =>
        changeState(tx, { workspaceId, deviceId, now: new Date() }, { kind: 'command', command: 'unlink' }),
      );
      await setDesired(db, { workspaceId, id: deviceId, desired: 'logout' });
      ownership.wake();
      await expect.poll(() => news, PATIENT).toEqual(['opened', `closes ${deviceId}`]);
      dispatcher.wake(deviceId);
      await sleep(200);
      const rows = await db.query('select held_reason from message where workspace_id = $1 and id = $2', [
        workspaceId,
        id,
      ]);
      expect(rows).toEqual([{ held_reason: 'device_unlinked' }]);
    } finally {
      closing.resolve();
    }
  });
});
