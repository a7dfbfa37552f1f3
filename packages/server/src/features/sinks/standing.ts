import type { Queryable } from '../../platform/db/port.ts';
import { measureBacklog } from '../events/index.ts';
import { listSinkRows, type SinkRow } from './store.ts';

/** Events that a sink has not published are counted up to here. */
export const MOST_BEHIND = 10_000;

/** `stopped`: no node is set up to publish for it, or none runs. */
export const SINK_STATES = ['running', 'failing', 'stopped'] as const;

export type SinkState = (typeof SINK_STATES)[number];

/** How a sink stands, and how far behind the log it is. */
export interface SinkStanding {
  row: SinkRow;
  state: SinkState;
  /** Events it has not published; `MOST_BEHIND` is so many or more. */
  behind: number;
  /** Age of the oldest of them in whole seconds. */
  behindSeconds: number;
}

// A sink that fails is held by nobody between two tries.
function stateOf({ held, tried, failing_since: failingSince }: SinkRow): SinkState {
  if (failingSince !== null && tried) return 'failing';
  return held ? 'running' : 'stopped';
}

/** How every sink stands that was ever configured. */
export async function sinkStandings(db: Queryable, now: Date): Promise<SinkStanding[]> {
  const rows = await listSinkRows(db);
  return Promise.all(
    rows.map(async (row) => {
      const { count, oldest } = await measureBacklog(db, row, MOST_BEHIND);
      const behindSeconds = oldest === null ? 0 : Math.max(0, Math.floor((now.getTime() - oldest.getTime()) / 1000));
      return { row, state: stateOf(row), behind: count, behindSeconds };
    }),
  );
}
