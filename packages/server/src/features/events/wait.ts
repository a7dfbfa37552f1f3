import type { OperationContext } from '../../operations/context.ts';
import { WapingError } from '../../platform/errors.ts';
import { compareCursors, type LogCursor } from './cursor.ts';
import { type EventFilter, matches } from './filter.ts';
import { readLog } from './reader.ts';
import type { EventRow } from './store.ts';

/** Proxies in front give up on requests that take much longer. */
export const MAX_WAIT_SECONDS = 30;
/** One event ends the wait; the read that follows finds all. */
const BOUNDS = { events: 1, characters: 1 };
/** Rights are asked for again so often. */
const ASK_MS = 500;

/**
 * Waits for an event behind a cursor that the filter wants, `seconds` at the longest. It looks at the log once more after
 * it began to listen, so that none slips through between the two. Throws UNAUTHORIZED where the caller may not read any
 * more, SERVICE_UNAVAILABLE where too many wait already.
 */
export async function waitForEvents(
  ctx: OperationContext,
  { filter, after, seconds }: { filter: EventFilter; after: LogCursor; seconds: number },
): Promise<void> {
  const workspaceId = ctx.workspace.id;
  const until = Date.now() + seconds * 1000;
  const tail = ctx.live.events;
  await tail.polls.run(workspaceId, async () => {
    // What the read before this has found already is not waited for.
    const wants = (row: EventRow) => matches(filter, row) && compareCursors(row, after) > 0;
    const inbox = await tail.follow(workspaceId, { wants, bounds: BOUNDS });
    try {
      const { rows, hasMore } = await readLog(ctx.tx, { workspaceId, after, filter, limit: 1 });
      const isOver = (): boolean => !inbox.isEmpty || inbox.isFull || inbox.isOver || ctx.signal.aborted;
      while (rows.length === 0 && !hasMore && !isOver() && Date.now() < until) {
        await inbox.wait(Math.min(ASK_MS, until - Date.now()), ctx.signal);
        if (await ctx.stillMay()) continue;
        throw new WapingError('UNAUTHORIZED', 'you may not read these events any more', { param: 'Authorization' });
      }
    } finally {
      tail.leave(workspaceId, inbox);
    }
  });
}
