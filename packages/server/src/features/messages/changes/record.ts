import type { InboundChange } from '../../../engine/port.ts';
import type { Queryable } from '../../../platform/db/port.ts';
import { storable } from '../../../platform/storable.ts';
import { ensureConversations } from '../../conversations/index.ts';
import { chatKey, type Placed, placeContacts } from '../place.ts';
import { isActionWaId } from '../wa-id.ts';
import { applyChanges, type ChangeServices } from './apply.ts';
import { type ChangeRow, findSentActions, findWaiting, insertChanges, type SentAction } from './store.ts';
import { storedVote } from './votes.ts';

export type ChangeOfDevice = InboundChange & { workspaceId: string; deviceId: string };

function contentOf({ change }: ChangeOfDevice): unknown {
  const { type, ...said } = change;
  if (change.type === 'vote') return storedVote(change.vote);
  return change.type === 'edit' ? change.content : said;
}

function toRow({ message: change, senderContact }: Placed<ChangeOfDevice>, conversationId: string): ChangeRow {
  return {
    workspace_id: change.workspaceId,
    device_id: change.deviceId,
    wa_id: change.waId,
    conversation_id: conversationId,
    target_wa_id: change.targetWaId,
    sender_id: senderContact,
    kind: change.change.type,
    content: contentOf(change),
    at: new Date(change.at),
  };
}

/** Notes the changes that are new and applies those whose message is here. */
async function note(tx: Queryable, rows: readonly ChangeRow[], services: ChangeServices): Promise<number> {
  if (rows.length === 0) return 0;
  const fresh = await insertChanges(tx, rows);
  const seen = new Set<string>();
  const first = rows.filter((row) => {
    const key = `${row.device_id}/${row.wa_id}`;
    const isFirst = fresh.has(key) && !seen.has(key);
    seen.add(key);
    return isFirst;
  });
  return applyChanges(tx, first, services);
}

/**
 * Records others' changes of messages, in the order given, each once however often it is delivered. One that comes
 * before its message waits for it. Returns how many changed something.
 */
export async function recordChanges(
  tx: Queryable,
  changes: readonly ChangeOfDevice[],
  services: ChangeServices,
): Promise<number> {
  if (changes.length === 0) return 0;
  const placed = (await placeContacts(tx, changes.map(storable))).filter(
    ({ message, chatContact, senderContact }) =>
      (message.chat.kind !== 'person' || chatContact !== null) && (message.fromMe || senderContact !== null),
  );
  const chats = await ensureConversations(tx, placed.map(chatKey));
  const rows = placed.map((one, i) => toRow(one, chats[i] ?? ''));
  return note(tx, rows, services);
}

/** Applies what came before these messages, which have just been stored. */
export async function applyWaiting(
  tx: Queryable,
  messages: readonly { workspaceId: string; deviceId: string; waId: string }[],
  services: ChangeServices,
): Promise<number> {
  if (messages.length === 0) return 0;
  return applyChanges(tx, await findWaiting(tx, messages), services);
}

function rowOfAction(action: SentAction): ChangeRow {
  const { type, content, created_at: at, ...key } = action;
  const said: unknown = content !== null && typeof content === 'object' ? Reflect.get(content, type) : {};
  const { messageId: _messageId, ...rest } = Object(said);
  const kept = type === 'edit' ? { type: 'text', ...rest } : type === 'revoke' ? { byAdmin: false } : rest;
  return { ...key, sender_id: null, kind: type, content: kept, at };
}

/**
 * Gives our own reactions, votes, edits and revokes their effect once WhatsApp has them. Their order is that in which
 * they were accepted, whatever order the acks come in.
 */
export async function applySentActions(
  tx: Queryable,
  reports: readonly { workspaceId: string; deviceId: string; waId: string }[],
  services: ChangeServices,
): Promise<number> {
  const marked = reports.filter(({ waId }) => isActionWaId(waId));
  if (marked.length === 0) return 0;
  return note(tx, (await findSentActions(tx, marked)).map(rowOfAction), services);
}
