import type { OperationContext } from '../../operations/context.ts';
import { WapingError } from '../../platform/errors.ts';
import { findDevices, judgeDevice, type SendVerdict } from '../devices/index.ts';
import { type BatchCount, countBatch, outboundLeft, quotaExceeded, uncountBatch } from '../usage/index.ts';
import { findRecipients, makeChats, type PlacedRecipient } from './batch-recipients.ts';
import { composeContent } from './content/compose.ts';
import type { StoredContent } from './content-table.ts';
import { checkStillThere, type Prepared, withPrepared } from './media/send.ts';
import { checkConsent, checkMayMark, type Place, type SendInput } from './send.ts';
import { sendTime } from './send-time.ts';

/** One message of a batch: after preparation it has a place, or an error. */
export interface BatchItem {
  input: SendInput;
  /** What was had for it before. */
  prepared: Prepared;
  error: WapingError | null;
  place: Place | null;
}

/** An item that nothing speaks against so far. */
interface Candidate {
  item: BatchItem;
  verdict: SendVerdict;
  recipient: PlacedRecipient;
  content: StoredContent;
}

/** Runs a check of one item; what it throws to the caller is the item's own error. */
async function judge<T>(item: BatchItem, check: () => T | Promise<T>): Promise<T | null> {
  try {
    return await check();
  } catch (error) {
    if (!(error instanceof WapingError)) throw error;
    item.error = error;
    return null;
  }
}

/** Those that their devices and options let through, with the devices' verdicts. */
async function judgeDevices(ctx: OperationContext, items: readonly BatchItem[]) {
  const ids = [...new Set(items.map(({ input }) => input.deviceId))];
  const devices = new Map((await findDevices(ctx.tx, ctx.workspace.id, ids)).map((row) => [row.id, row]));
  const able: { item: BatchItem; verdict: SendVerdict }[] = [];
  for (const item of items) {
    if (item.error !== null) continue;
    const { input } = item;
    const verdict = await judge(item, () => {
      if (input.transactional) checkMayMark(ctx);
      sendTime(ctx.now, input);
      return judgeDevice(devices.get(input.deviceId) ?? null, input);
    });
    if (verdict) able.push({ item, verdict });
  }
  return able;
}

async function judgeAll(ctx: OperationContext, items: readonly BatchItem[]): Promise<Candidate[]> {
  const able = await judgeDevices(ctx, items);
  const recipients = await findRecipients(
    ctx,
    able.map(({ item }) => item.input),
  );
  const candidates: Candidate[] = [];
  for (const [i, { item, verdict }] of able.entries()) {
    const placed = await judge(item, async () => {
      const found = recipients[i];
      if (!found || found instanceof WapingError) throw found ?? new WapingError('NOT_FOUND', 'no such recipient');
      // A chat that is still to be made has no message to speak of.
      const conversationId = found.conversationId ?? '';
      checkConsent({ ...found, conversationId }, item.input);
      if (item.prepared.media) await checkStillThere(ctx, item.prepared.media);
      const said = withPrepared(item.input, item.prepared);
      const content = await composeContent(ctx, said, { conversationId, kind: found.kind ?? 'person' });
      return { recipient: found, content };
    });
    if (placed) candidates.push({ item, verdict, ...placed });
  }
  return candidates;
}

const isFree = ({ verdict }: Candidate): boolean => verdict.network === 'sandbox';

/** The first of those that cost something, as many as `count`, and all that are free; the others are told. */
function within(ctx: OperationContext, candidates: readonly Candidate[], count: number): Candidate[] {
  let open = count;
  return candidates.filter((candidate) => {
    if (isFree(candidate)) return true;
    open -= 1;
    if (open >= 0) return true;
    candidate.item.error = quotaExceeded(ctx);
    return false;
  });
}

function counted(candidates: readonly Candidate[]): BatchCount[] {
  const groups = new Map<string, BatchCount>();
  for (const { item, verdict } of candidates) {
    const { deviceId, type: kind } = item.input;
    const known = groups.get(`${deviceId} ${kind}`);
    if (known) known.count += 1;
    else groups.set(`${deviceId} ${kind}`, { deviceId, network: verdict.network, kind, count: 1 });
  }
  return [...groups.values()];
}

/** The messages as they are sent, with what was prepared for them; one whose template or file cannot be has its error already. */
function itemsOf(inputs: readonly SendInput[], prepared: readonly (Prepared | WapingError)[]): BatchItem[] {
  return inputs.map((input, i): BatchItem => {
    const had = prepared[i] ?? {};
    if (had instanceof WapingError) return { input, prepared: {}, error: had, place: null };
    return { input: had.filled ?? input, prepared: had, error: null, place: null };
  });
}

/**
 * Judges every message of a batch and finds it a place in its chat, counting those with a place. Contacts and chats are
 * made before the quota is taken, since who makes the same ones may be waiting for the quota.
 */
export async function prepareBatch(
  ctx: OperationContext,
  inputs: readonly SendInput[],
  prepared: readonly (Prepared | WapingError)[],
): Promise<BatchItem[]> {
  const items = itemsOf(inputs, prepared);
  let open = await judgeAll(ctx, items);
  if (!open.every(isFree)) open = within(ctx, open, await outboundLeft(ctx));
  if (open.length === 0) return items;
  const chats = await makeChats(
    ctx,
    open.map(({ item, recipient }) => ({ deviceId: item.input.deviceId, recipient })),
  );
  for (const [i, { item, verdict, content }] of open.entries()) {
    const recipient = chats[i];
    if (recipient) item.place = { recipient, content, heldReason: verdict.heldReason };
  }
  const kept = new Set(within(ctx, open, await countBatch(ctx, counted(open))));
  const dropped = open.filter((candidate) => !kept.has(candidate));
  if (dropped.length > 0) await uncountBatch(ctx, counted(dropped));
  return items;
}
