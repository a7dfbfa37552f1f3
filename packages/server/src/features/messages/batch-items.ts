import type { OperationContext } from '../../operations/context.ts';
import { WapingError } from '../../platform/errors.ts';
import { findDevices, judgeDevice, type SendVerdict } from '../devices/index.ts';
import { type BatchCount, countBatch, outboundLeft, quotaExceeded, uncountBatch } from '../usage/index.ts';
import { findRecipients, makeChats, type PlacedRecipient } from './batch-recipients.ts';
import { checkConsent, checkMayMark, type Recipient, type SendInput } from './send.ts';
import { sendTime } from './send-time.ts';

/** One message of a batch: after preparation it has a place, or an error. */
export interface BatchItem {
  input: SendInput;
  error: WapingError | null;
  place: { recipient: Recipient; heldReason: string | null } | null;
}

/** An item that nothing speaks against so far. */
interface Candidate {
  item: BatchItem;
  verdict: SendVerdict;
  recipient: PlacedRecipient;
}

/** Runs a check of one item; what it throws to the caller is the item's own error. */
function judge<T>(item: BatchItem, check: () => T): T | null {
  try {
    return check();
  } catch (error) {
    if (!(error instanceof WapingError)) throw error;
    item.error = error;
    return null;
  }
}

async function judgeAll(ctx: OperationContext, items: readonly BatchItem[]): Promise<Candidate[]> {
  const ids = [...new Set(items.map(({ input }) => input.deviceId))];
  const devices = new Map((await findDevices(ctx.tx, ctx.workspace.id, ids)).map((row) => [row.id, row]));
  const able = items.flatMap((item) => {
    const { input } = item;
    const verdict = judge(item, () => {
      if (input.transactional) checkMayMark(ctx);
      sendTime(ctx.now, input);
      return judgeDevice(devices.get(input.deviceId) ?? null, input);
    });
    return verdict ? [{ item, verdict }] : [];
  });
  const recipients = await findRecipients(
    ctx,
    able.map(({ item }) => item.input),
  );
  return able.flatMap(({ item, verdict }, i) => {
    const recipient = judge(item, () => {
      const found = recipients[i];
      if (!found || found instanceof WapingError) throw found ?? new WapingError('NOT_FOUND', 'no such recipient');
      checkConsent({ ...found, conversationId: found.conversationId ?? '' }, item.input);
      return found;
    });
    return recipient ? [{ item, verdict, recipient }] : [];
  });
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

/**
 * Judges every message of a batch and finds it a place in its chat, counting those with a place. Contacts and chats are
 * made before the quota is taken, since who makes the same ones may be waiting for the quota.
 */
export async function prepareBatch(ctx: OperationContext, inputs: readonly SendInput[]): Promise<BatchItem[]> {
  const items = inputs.map((input): BatchItem => ({ input, error: null, place: null }));
  let open = await judgeAll(ctx, items);
  if (!open.every(isFree)) open = within(ctx, open, await outboundLeft(ctx));
  if (open.length === 0) return items;
  const chats = await makeChats(
    ctx,
    open.map(({ item, recipient }) => ({ deviceId: item.input.deviceId, recipient })),
  );
  for (const [i, { item, verdict }] of open.entries()) {
    const recipient = chats[i];
    if (recipient) item.place = { recipient, heldReason: verdict.heldReason };
  }
  const kept = new Set(within(ctx, open, await countBatch(ctx, counted(open))));
  const dropped = open.filter((candidate) => !kept.has(candidate));
  if (dropped.length > 0) await uncountBatch(ctx, counted(dropped));
  return items;
}
