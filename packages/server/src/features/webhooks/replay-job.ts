import { z } from 'zod';
import type { Tx } from '../../platform/db/port.ts';
import { WapingError } from '../../platform/errors.ts';
import { type JobHandler, JobPause, type JobRun } from '../../platform/jobs/run.ts';
import { LOG_START } from '../events/index.ts';
import { countFailed, countOpen, deliverAgain, replayFailed } from './delivery-store.ts';
import { deliveriesOf } from './patterns.ts';
import { placeOfTime, readLogAfter } from './read-log.ts';
import { requireActive } from './require.ts';
import { lockWebhook, type WebhookRow } from './store.ts';

export const REPLAY_KIND = 'webhooks.replay';

/** Deliveries of one endpoint that are not over: the replay, as the log, waits until there is room. */
const MAX_OPEN = 1_000;
const PAGE = 200;
const WAIT_MS = 2_000;

const inputSchema = z.object({ webhookId: z.string(), from: z.string().nullable(), to: z.string() });

const checkpointSchema = z.object({
  place: z.object({ tx: z.string(), sequence: z.string() }),
  done: z.number(),
  total: z.number().nullable(),
  over: z.boolean(),
});

type Checkpoint = z.output<typeof checkpointSchema>;

interface Replay {
  tx: Tx;
  hook: WebhookRow;
  from: Date | null;
  to: Date;
  at: Checkpoint;
}

async function begin(tx: Tx, hook: WebhookRow, from: Date | null): Promise<Checkpoint> {
  const place = from === null ? LOG_START : await placeOfTime(tx, hook.workspace_id, from);
  const total = from === null ? await countFailed(tx, hook.workspace_id, hook.id) : null;
  return { place, done: 0, total, over: false };
}

/** A page of what was given up. What fails anew meanwhile is not taken again. */
async function failedPage({ tx, hook, to, at }: Replay): Promise<void> {
  const of = { workspaceId: hook.workspace_id, webhookId: hook.id };
  const count = await replayFailed(tx, { ...of, endedBefore: to, now: new Date(), limit: PAGE });
  at.done += count;
  at.over = count < PAGE;
}

/** A page of the log, as far as it is of the time asked for. */
async function logPage({ tx, hook, from, to, at }: Replay): Promise<void> {
  const { workspace_id: workspaceId } = hook;
  const { events, place } = await readLogAfter(tx, { workspaceId, place: at.place, limit: PAGE });
  const inTime = events.filter(({ created_at: time }) => (from === null || time >= from) && time < to);
  const deliveries = deliveriesOf(hook, inTime);
  if (deliveries.length > 0) at.done += await deliverAgain(tx, { workspaceId, deliveries, now: new Date() });
  at.place = place;
  // A page that lies wholly behind the end: no later one is of that time.
  at.over = events.length === 0 || events.every(({ created_at: time }) => time >= to);
}

async function run(job: JobRun): Promise<unknown> {
  const input = inputSchema.parse(job.input);
  const from = input.from === null ? null : new Date(input.from);
  let done = 0;
  for (let over = false; !over; ) {
    let full = false;
    await job.step(async (tx) => {
      const hook = await lockWebhook(tx, job.workspaceId, input.webhookId);
      if (!hook) throw new WapingError('NOT_FOUND', 'the webhook was deleted');
      requireActive(hook);
      const at = job.checkpoint === null ? await begin(tx, hook, from) : checkpointSchema.parse(job.checkpoint);
      const open = { workspaceId: job.workspaceId, webhookId: hook.id, most: MAX_OPEN };
      full = (await countOpen(tx, open)) >= MAX_OPEN;
      const page = { tx, hook, from, to: new Date(input.to), at };
      if (!full) await (from === null ? failedPage(page) : logPage(page));
      over = at.over;
      done = at.done;
      return { checkpoint: at, phase: full ? 'waiting' : 'replaying', done: at.done, total: at.total };
    });
    if (full) throw new JobPause(WAIT_MS);
  }
  return { replayed: done };
}

/** Has deliveries made again in bounded portions; after a crash it goes on behind the last one. */
export const webhookReplay: JobHandler = { kind: REPLAY_KIND, maxAttempts: 10, keepResultDays: null, run };
