import { z } from 'zod';
import type { Queryable } from '../../platform/db/port.ts';
import { changeJob } from '../../platform/jobs/change.ts';
import type { JobHandler, JobRun } from '../../platform/jobs/run.ts';
import { recordEvents } from '../events/index.ts';
import { recordJobEnd } from '../jobs/index.ts';
import { forgetMediaOf } from '../media/index.ts';
import { endMessages } from '../messages/index.ts';
import { allowAuditErasure, blankAuditMentioning } from './audit-store.ts';
import {
  blankAnswersMentioning,
  blankEventsMentioning,
  blankEventsOf,
  blankRepliesMentioning,
  countEvents,
  countMessages,
  deleteChangesBy,
  deleteChats,
  deleteContact,
  deleteListings,
  deleteMessages,
  deleteSignalKeysOf,
  type ErasedContact,
  lockChats,
  lockContact,
  lockExportsWith,
  messagesInChats,
  pageOfMessages,
  waitingMessages,
  withdrawResult,
} from './erase-store.ts';

/** Rows looked at in one step: a step holds locks for tens of milliseconds. */
const PAGE = 1_000;

export const ERASED = {
  code: 'ERASED',
  message: 'The contact was erased before the message was sent.',
  providerCode: null,
  retryable: false,
};

const inputSchema = z.object({ contactId: z.string() });

const checkpointSchema = z.object({
  phase: z.enum(['stop', 'messages', 'events', 'replies', 'answers', 'audit', 'keys', 'exports', 'contact']),
  after: z.tuple([z.string(), z.string()]),
  done: z.number(),
  total: z.number(),
  removed: z.object({
    messages: z.number(),
    events: z.number(),
    replies: z.number(),
    keys: z.number(),
    // Not in checkpoints from before there was media.
    media: z.number().optional(),
  }),
});

type Checkpoint = z.output<typeof checkpointSchema>;
type Phase = Checkpoint['phase'];

const NEXT: Record<Phase, Phase> = {
  stop: 'messages',
  messages: 'events',
  events: 'replies',
  replies: 'answers',
  answers: 'audit',
  audit: 'keys',
  keys: 'exports',
  exports: 'contact',
  contact: 'contact',
};
const FROM_START: Record<Phase, [string, string]> = {
  stop: ['', ''],
  messages: ['', ''],
  events: ['0', '0'],
  replies: ['', ''],
  answers: ['', ''],
  audit: ['', ''],
  keys: ['', ''],
  exports: ['', ''],
  contact: ['', ''],
};

interface Step {
  tx: Queryable;
  workspaceId: string;
  contact: ErasedContact;
  at: Checkpoint;
}

/** How a contact's number and LID stand in JSON, and its id. Quoted: a number may begin another. */
function textsOf({ id, phone, lid }: ErasedContact): string[] {
  return [id, ...[phone, lid].flatMap((text) => (text === null ? [] : [JSON.stringify(text)]))];
}

/** The same as they may stand in what anybody answered: within a text, in no form of ours. */
const bareTextsOf = ({ id, phone, lid }: ErasedContact): string[] => [
  id,
  ...[phone, lid].flatMap((text) => text ?? []),
];

const digitsOf = ({ phone, lid }: ErasedContact): string[] =>
  [phone, lid].flatMap((text) => /\d{5,}/.exec(text ?? '')?.[0] ?? []);

async function removeMessages({ tx, workspaceId, at }: Step, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  at.removed.events += await blankEventsOf(tx, workspaceId, ids);
  at.removed.media = (at.removed.media ?? 0) + (await forgetMediaOf(tx, workspaceId, ids));
  await deleteMessages(tx, workspaceId, ids);
  at.removed.messages += ids.length;
}

// Each returns whether its phase is over, and moves `at` on.
const PHASES: Record<Phase, (step: Step) => Promise<boolean>> = {
  async stop({ tx, workspaceId, contact }) {
    const waiting = await waitingMessages(tx, { workspaceId, contactId: contact.id, limit: PAGE });
    if (waiting.length > 0) await endMessages(tx, { status: 'canceled', error: ERASED }, waiting);
    return waiting.length < PAGE;
  },
  async messages(step) {
    const { tx, workspaceId, contact, at } = step;
    const page = await pageOfMessages(tx, { workspaceId, contactId: contact.id, after: at.after[0], limit: PAGE });
    await removeMessages(step, page.theirs);
    at.done += page.seen;
    at.after = [page.last ?? '', ''];
    return page.seen < PAGE;
  },
  async events({ tx, workspaceId, contact, at }) {
    const [afterTx, afterSequence] = at.after;
    const texts = textsOf(contact);
    const page = await blankEventsMentioning(tx, { workspaceId, afterTx, afterSequence, texts, limit: PAGE });
    at.removed.events += page.hit;
    at.done += page.seen;
    at.after = [page.tx ?? '0', page.sequence ?? '0'];
    return page.seen < PAGE;
  },
  async replies({ tx, workspaceId, contact, at }) {
    const [afterOperation, afterKey] = at.after;
    const texts = textsOf(contact);
    const page = await blankRepliesMentioning(tx, { workspaceId, afterOperation, afterKey, texts, limit: PAGE });
    at.removed.replies += page.hit;
    at.after = [page.operation ?? '', page.key ?? ''];
    return page.seen < PAGE;
  },
  async answers({ tx, workspaceId, contact, at }) {
    const [afterWebhook, afterId] = at.after;
    const texts = bareTextsOf(contact);
    const page = await blankAnswersMentioning(tx, { workspaceId, afterWebhook, afterId, texts, limit: PAGE });
    at.after = [page.webhook ?? '', page.id ?? ''];
    return page.seen < PAGE;
  },
  async audit({ tx, workspaceId, contact, at }) {
    await allowAuditErasure(tx);
    const page = await blankAuditMentioning(tx, {
      workspaceId,
      after: at.after[0],
      texts: textsOf(contact),
      limit: PAGE,
    });
    at.after = [page.last ?? '', ''];
    return page.seen < PAGE;
  },
  async keys({ tx, workspaceId, contact, at }) {
    await deleteChangesBy(tx, workspaceId, contact.id);
    at.removed.keys += await deleteSignalKeysOf(tx, workspaceId, digitsOf(contact));
    return true;
  },
  async exports({ tx, workspaceId, contact }) {
    for (const row of await lockExportsWith(tx, workspaceId, contact.id)) {
      const canceled = await changeJob(tx, { row, onEnd: recordJobEnd }, { trigger: 'cancel' });
      if (!canceled) await withdrawResult(tx, workspaceId, row.id);
    }
    return true;
  },
  // The locks keep anything new away; what came since the pass over the messages goes here, the contact last.
  async contact(step) {
    const { tx, workspaceId, contact } = step;
    const conversationIds = await lockChats(tx, workspaceId, contact.id);
    const waiting = await waitingMessages(tx, { workspaceId, contactId: contact.id, limit: PAGE });
    if (waiting.length > 0) await endMessages(tx, { status: 'canceled', error: ERASED }, waiting);
    const left = await messagesInChats(tx, { workspaceId, conversationIds, limit: PAGE });
    await removeMessages(step, left);
    if (left.length === PAGE) return false;
    step.at.removed.events += await blankEventsOf(tx, workspaceId, [contact.id, ...conversationIds]);
    await deleteChats(tx, workspaceId, contact.id);
    await deleteListings(tx, workspaceId, contact);
    await deleteContact(tx, workspaceId, contact.id);
    await recordEvents(tx, [
      {
        workspaceId,
        deviceId: null,
        subjectId: contact.id,
        type: 'contact.erased',
        data: { contactId: contact.id, at: new Date().toISOString() },
      },
    ]);
    return true;
  },
};

async function begin(tx: Queryable, workspaceId: string): Promise<Checkpoint> {
  return {
    phase: 'stop',
    after: ['', ''],
    done: 0,
    total: (await countMessages(tx, workspaceId)) + (await countEvents(tx, workspaceId)),
    removed: { messages: 0, events: 0, replies: 0, keys: 0, media: 0 },
  };
}

async function run(job: JobRun): Promise<Checkpoint['removed'] | null> {
  const { workspaceId } = job;
  const { contactId } = inputSchema.parse(job.input);
  let removed: Checkpoint['removed'] | null = null;
  for (let over = false; !over; ) {
    await job.step(async (tx) => {
      const at = job.checkpoint === null ? await begin(tx, workspaceId) : checkpointSchema.parse(job.checkpoint);
      const contact = await lockContact(tx, workspaceId, contactId);
      // Gone: an earlier run's last step committed and the run died before it could say so.
      const ended = contact === null || (await PHASES[at.phase]({ tx, workspaceId, contact, at }));
      removed = at.removed;
      over = contact === null || (ended && at.phase === 'contact');
      const phase = ended ? NEXT[at.phase] : at.phase;
      const after = ended ? FROM_START[phase] : at.after;
      return { checkpoint: { ...at, phase, after }, phase, done: at.done, total: Math.max(at.total, at.done) };
    });
  }
  return removed;
}

/** Erases a contact and everything about it. Goes on until it is done: half an erasure is none. */
export const contactErase: JobHandler = { kind: 'contact.erase', maxAttempts: 50, keepResultDays: null, run };
