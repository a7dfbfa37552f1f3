import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { listEventsOfSubject, recordEvents } from '../../src/features/events/index.ts';
import { listEventsAfter } from '../../src/features/events/store.ts';
import type { Db } from '../../src/platform/db/port.ts';
import { newId } from '../../src/platform/ids.ts';
import { describeEachDb } from '../kit/db.ts';

const WRITERS = 8;
const EVENTS = 60;

async function write(db: Db, workspaceId: string, deviceId: string): Promise<void> {
  for (let n = 0; n < EVENTS; n++) {
    await db.tx(async (tx) => {
      await recordEvents(tx, [{ workspaceId, deviceId, subjectId: null, type: 'test', data: { n } }]);
      // Transactions end in another order than they began in.
      if (db.kind === 'postgres') await sleep(Math.random() * 4);
    });
  }
}

function numberOf(data: unknown): unknown {
  return data !== null && typeof data === 'object' && 'n' in data ? data.n : undefined;
}

describeEachDb('the event log', (database) => {
  it('shows a reader every event once, and those of a device in order, while others write', async () => {
    const { db } = database();
    const workspaceId = newId('ws');
    const devices = Array.from({ length: WRITERS }, () => newId('dev'));
    const done = Promise.all(devices.map((deviceId) => write(db, workspaceId, deviceId)));
    const seen = new Map<string, unknown[]>(devices.map((id) => [id, []]));
    let cursor = { afterTx: '0', afterSequence: '0' };
    const read = async (): Promise<number> => {
      const rows = await listEventsAfter(db, { workspaceId, ...cursor, types: null, deviceId: null, limit: 50 });
      for (const row of rows) seen.get(row.device_id ?? '')?.push(numberOf(row.data));
      const end = rows.at(-1);
      if (end) cursor = { afterTx: end.tx, afterSequence: end.sequence };
      return rows.length;
    };
    // A transaction open anywhere on the server, in another test's database too, may hold the last events back a while.
    for (let total = 0; total < WRITERS * EVENTS; ) total += await read();
    expect(await read()).toBe(0);
    await done;
    const expected = Array.from({ length: EVENTS }, (_, n) => n);
    for (const numbers of seen.values()) expect(numbers).toEqual(expected);
  });

  it('shows the newest two hundred events of an object that has more, oldest first', async () => {
    const { db } = database();
    const workspaceId = newId('ws');
    const subjectId = newId('msg');
    const events = Array.from({ length: 205 }, (_, n) => ({
      workspaceId,
      deviceId: null,
      subjectId,
      type: 'test',
      data: { n },
    }));
    await recordEvents(db, events);
    const shown = (await listEventsOfSubject(db, workspaceId, subjectId)).map(({ data }) => numberOf(data));
    expect(shown).toEqual(Array.from({ length: 200 }, (_, n) => n + 5));
  });
});
