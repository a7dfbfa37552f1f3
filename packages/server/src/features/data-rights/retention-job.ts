import { z } from 'zod';
import type { Db, Queryable } from '../../platform/db/port.ts';
import { newId } from '../../platform/ids.ts';
import type { JobHandler, JobRun } from '../../platform/jobs/run.ts';
import { insertJob } from '../../platform/jobs/store.ts';
import { forgetAudit } from '../audit/index.ts';
import { OWN_JOB } from '../jobs/index.ts';
import { forgetOldMedia } from '../media/index.ts';
import { blankEventsOf, deleteMessages } from './erase-store.ts';
import {
  blankOldReplies,
  deleteOldEvents,
  findRetention,
  oldMessages,
  type RetentionRow,
  unfinishedErasures,
  workspacesDue,
} from './retention-store.ts';

/** Rows looked at in one step, so that no lock is held for long. */
const PAGE = 1_000;
const EVERY_HOURS = 6;
const DAY_MS = 86_400_000;
const WORKSPACES = 100;

const checkpointSchema = z.object({
  phase: z.enum(['messages', 'media', 'replies', 'events', 'audit', 'over']),
  after: z.string(),
  done: z.number(),
  removed: z.object({
    messages: z.number(),
    // Not in checkpoints from before there was media.
    media: z.number().default(0),
    replies: z.number(),
    events: z.number(),
    audit: z.number(),
  }),
});

type Checkpoint = z.output<typeof checkpointSchema>;
type Phase = Exclude<Checkpoint['phase'], 'over'>;

interface Step {
  tx: Queryable;
  workspaceId: string;
  keep: RetentionRow;
  at: Checkpoint;
}

const NEXT: Record<Phase, Checkpoint['phase']> = {
  messages: 'media',
  media: 'replies',
  replies: 'events',
  events: 'audit',
  audit: 'over',
};

// Each does a page and returns whether its phase is over.
const PHASES: Record<Phase, (step: Step) => Promise<boolean>> = {
  async messages({ tx, workspaceId, keep, at }) {
    if (keep.messages_days === null) return true;
    const page = await oldMessages(tx, { workspaceId, after: at.after, days: keep.messages_days, limit: PAGE });
    // Their events say the same as they did, and may be kept longer.
    await blankEventsOf(tx, workspaceId, page.old);
    await deleteMessages(tx, workspaceId, page.old);
    at.removed.messages += page.old.length;
    at.done += page.old.length;
    at.after = page.last ?? '';
    return page.seen < PAGE || !page.any;
  },
  // What a kept message shows is kept with it, however old it is.
  async media({ tx, workspaceId, keep, at }) {
    if (keep.messages_days === null) return true;
    const before = new Date(Date.now() - keep.messages_days * DAY_MS);
    const count = await forgetOldMedia(tx, { workspaceId, before, limit: PAGE });
    at.removed.media += count;
    at.done += count;
    return count < PAGE;
  },
  async replies({ tx, workspaceId, keep, at }) {
    if (keep.messages_days === null) return true;
    const count = await blankOldReplies(tx, { workspaceId, days: keep.messages_days, limit: PAGE });
    at.removed.replies += count;
    at.done += count;
    return count < PAGE;
  },
  async events({ tx, workspaceId, keep, at }) {
    if (keep.events_days === null) return true;
    const count = await deleteOldEvents(tx, { workspaceId, days: keep.events_days, limit: PAGE });
    at.removed.events += count;
    at.done += count;
    return count < PAGE;
  },
  async audit({ tx, workspaceId, keep, at }) {
    if (keep.audit_days === null) return true;
    // Entries are found by the time in their ids, which this node's clock or another's gave them.
    const before = new Date(Date.now() - keep.audit_days * DAY_MS);
    const count = await forgetAudit(tx, { workspaceId, before, limit: PAGE });
    at.removed.audit += count;
    at.done += count;
    return count < PAGE;
  },
};

const START: Checkpoint = {
  phase: 'messages',
  after: '',
  done: 0,
  removed: { messages: 0, media: 0, replies: 0, events: 0, audit: 0 },
};

async function run(job: JobRun): Promise<Checkpoint['removed']> {
  let at = checkpointSchema.parse(job.checkpoint ?? START);
  while (at.phase !== 'over') {
    await job.step(async (tx) => {
      const now = checkpointSchema.parse(job.checkpoint ?? START);
      const keep = await findRetention(tx, job.workspaceId);
      if (now.phase !== 'over') {
        const over = keep === null || (await PHASES[now.phase]({ tx, workspaceId: job.workspaceId, keep, at: now }));
        if (over) Object.assign(now, { phase: NEXT[now.phase], after: '' });
      }
      at = now;
      return { checkpoint: now, phase: now.phase, done: now.done, total: null };
    });
  }
  return at.removed;
}

/** Ends what a workspace keeps no longer. */
export const retentionApply: JobHandler = { kind: 'retention.apply', maxAttempts: 10, keepResultDays: null, run };

async function queue(db: Db, workspaceId: string, kind: string): Promise<void> {
  await insertJob(db, {
    id: newId('job'),
    workspaceId,
    kind,
    input: {},
    singleKey: kind,
    cancelable: kind === 'retention.apply',
    createdBy: OWN_JOB,
  });
}

/** Queues retention where it is due, and again the erasure of workspaces that was given up: it is owed. */
export async function queueRecurring(db: Db): Promise<void> {
  for (const id of await workspacesDue(db, EVERY_HOURS, WORKSPACES)) await queue(db, id, 'retention.apply');
  for (const id of await unfinishedErasures(db, WORKSPACES)) await queue(db, id, 'workspace.erase');
}
