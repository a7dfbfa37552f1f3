import { expect, it } from 'vitest';
import {
  findLogEnd,
  findScanEnd,
  isHeldBack,
  listEventsAfter,
  listWholeLog,
  measureBacklog,
} from '../../src/features/events/log-store.ts';
import type { Queryable } from '../../src/platform/db/port.ts';
import { ownedDevice } from '../delivery/factories.ts';
import { describeEachDb } from '../kit/db.ts';
import { lookedAt, plansOf } from '../kit/plans.ts';

const EVENTS = 6_000;
const LIMIT = 100;

describeEachDb('the reads of a long log, with the plans made for any value', (database) => {
  it('look at no more events than they answer', async () => {
    const { db } = database();
    const { workspaceId } = await ownedDevice(db);
    await db.query(
      `insert into event (id, workspace_id, type, api_version, data)
       select 'evt_' || md5($1 || n), $1, 'test.happened', '2026-11-01', '{}' from generate_series(1, $2::int) n`,
      [workspaceId, EVENTS],
    );
    await db.query('analyze event');
    const end = (await findLogEnd(db)) ?? { tx: '0', sequence: '0' };
    const start = { tx: '0', sequence: '0' };
    const page = { workspaceId, upTo: null, types: null, deviceId: null, limit: LIMIT };
    const reads: Record<string, { most: number; ask: (asked: Queryable) => Promise<unknown> }> = {
      'whether events are held back': { most: 1, ask: isHeldBack },
      'the end of the log': { most: 1, ask: findLogEnd },
      'what stands behind its end': { most: 1, ask: (asked) => measureBacklog(asked, end, LIMIT) },
      'what stands behind its start': { most: LIMIT, ask: (asked) => measureBacklog(asked, start, LIMIT) },
      'the log of all': {
        most: LIMIT + 28,
        ask: (asked) => listWholeLog(asked, { after: start, only: null, limit: LIMIT }),
      },
      'a page': { most: LIMIT + 28, ask: (asked) => listEventsAfter(asked, { ...page, after: start }) },
      'nothing new': { most: 1, ask: (asked) => listEventsAfter(asked, { ...page, after: end }) },
      'how far to look': {
        most: LIMIT,
        ask: (asked) => findScanEnd(asked, { workspaceId, after: start, rows: LIMIT }),
      },
    };
    for (const [name, { most, ask }] of Object.entries(reads)) {
      const nodes = await db.tx((tx) => plansOf(tx, ask));
      expect(lookedAt(nodes, 'event').rows, name).toBeLessThanOrEqual(most);
    }
  });
});
