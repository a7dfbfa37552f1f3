import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { Dispatcher } from '../../src/delivery/dispatcher.ts';
import type { CallRequest } from '../../src/operations/call.ts';
import { newId } from '../../src/platform/ids.ts';
import { createLogger } from '../../src/platform/log.ts';
import { engineThat } from '../delivery/engine-that.ts';
import { ownedDevice, queued } from '../delivery/factories.ts';
import { Caller } from '../kit/calls.ts';
import { describeEachDb } from '../kit/db.ts';
import { PIXEL } from '../kit/media.ts';

const MESSAGES = 60;
const numberOf = (n: number) => `+1555${String(4_000_000 + n)}`;

describeEachDb('the delivery of one workspace', (database) => {
  /** Delivers a device's messages while this workspace has a call in hand; how many each claim took. */
  async function claims(callerOf: (workspaceId: string) => string): Promise<number[]> {
    const { db } = database();
    const device = await ownedDevice(db);
    for (let n = 0; n < MESSAGES; n++) await queued(db, device, numberOf(n));
    const left = new Set<string>();
    const engine = engineThat(async ({ messageId }) => {
      left.add(messageId);
    });
    const caller = callerOf(device.workspaceId);
    db.callers.enter(caller);
    try {
      await using dispatcher = new Dispatcher({ db, engine, log: createLogger('silent'), paceWhatsapp: false });
      await dispatcher.online(device);
      for (let n = 0; n < 800 && left.size < MESSAGES; n++) await sleep(25);
    } finally {
      db.callers.leave(caller);
    }
    expect(left.size).toBe(MESSAGES);
    // A claim has one time: that of its transaction.
    const rows = await db.query<{ n: number }>(
      'select count(*)::int as n from outbox where workspace_id = $1 and device_id = $2 group by claimed_at',
      [device.workspaceId, device.deviceId],
    );
    return rows.map(({ n }) => n);
  }

  it('goes in small pieces while another workspace calls, all of it', async () => {
    const taken = await claims(() => newId('ws'));
    expect(taken.length).toBeGreaterThan(1);
    expect(Math.max(...taken)).toBeLessThanOrEqual(MESSAGES / 2);
  });

  it('goes at once while it calls itself', async () => {
    expect(await claims((workspaceId) => workspaceId)).toEqual([MESSAGES]);
  });
});

describeEachDb('a call', (database) => {
  it('takes a turn where it goes to the database, and none where it waits for somebody outside first', async () => {
    const caller = await Caller.create(database().db);
    const deviceId = await caller.device();
    const turns: string[] = [];
    const post = async (name: string, content: object) => {
      const inTurn: CallRequest['inTurn'] = (run) => {
        turns.push(name);
        return run(new Date());
      };
      const body = { deviceId, to: numberOf(0), requireOnline: false, ...content };
      const { status } = await caller.call('messages.send', { body }, { inTurn });
      expect(status).toBe(202);
    };
    await post('text', { type: 'text', text: { body: 'Hello' } });
    await post('image', { type: 'image', image: { base64: PIXEL.toString('base64') } });
    expect(turns).toEqual(['text']);
  });
});
