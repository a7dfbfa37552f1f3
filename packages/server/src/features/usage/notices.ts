import type { PlanBook } from '../../operations/context.ts';
import type { Db } from '../../platform/db/port.ts';
import { recordEvents } from '../events/index.ts';
import { monthOf } from './months.ts';
import { dueNotices, insertNotice } from './store.ts';

/** Percent of the monthly quota at which a workspace is told, once a month each. */
const LEVELS: readonly { level: number; event: string }[] = [
  { level: 80, event: 'quota.threshold' },
  { level: 100, event: 'quota.exceeded' },
];

/** Records an event for each workspace that reached a level of its quota. Returns how many. */
export async function noteQuotas(db: Db, plans: PlanBook, now: Date): Promise<number> {
  const month = monthOf(now);
  const known = plans.names.map((name) => ({ name, outbound: plans.find(name)?.outboundPerMonth ?? 0 }));
  const due = await dueNotices(db, { month, plans: known, levels: LEVELS.map(({ level }) => level) });
  let told = 0;
  for (const { workspace_id: workspaceId, level, sent, allowed } of due) {
    const event = LEVELS.find((one) => one.level === level)?.event;
    if (event === undefined) continue;
    told += await db.tx(async (tx) => {
      if (!(await insertNotice(tx, { workspaceId, month, level }))) return 0;
      const data = { month: month.slice(0, 7), level, sent, limit: allowed };
      await recordEvents(tx, [{ workspaceId, deviceId: null, subjectId: null, type: event, data }]);
      return 1;
    });
  }
  return told;
}
