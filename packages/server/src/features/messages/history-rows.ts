import type { HistoryMessage } from '../../engine/history.ts';
import type { Queryable } from '../../platform/db/port.ts';
import { pastId } from '../../platform/ids.ts';
import { storable } from '../../platform/storable.ts';
import { ensureConversations } from '../conversations/index.ts';
import type { ChangeServices } from './changes/apply.ts';
import { applyWaiting } from './changes/record.ts';
import { insertHistory, insertReactions, isAwaited, type NewHistoryRow, type NewReaction } from './history-store.ts';
import { insertPastFiles, type NewFetch } from './media-fetch-store.ts';
import { type Arrived, chatKey, type Placed, placeContacts } from './place.ts';
import { fileHere, nameQuoted, saidBeside } from './record-inbound.ts';
import { fillUnreadable } from './recover.ts';
import { RANK } from './status.ts';

interface Device {
  workspaceId: string;
  deviceId: string;
}

/** Rows of messages of the past, ready to be written. */
export interface HistoryRows {
  messages: NewHistoryRow[];
  reactions: NewReaction[];
  /** Where their files lie. */
  files: NewFetch[];
}

function toRow(
  { message, senderContact }: Placed<Arrived & HistoryMessage>,
  conversationId: string,
  place: number,
): NewHistoryRow {
  const { type, ...content } = message.content;
  const status = message.fromMe ? (message.status ?? 'sent') : 'received';
  const sentAt = new Date(message.sentAt);
  return {
    id: pastId('msg', sentAt, place),
    workspaceId: message.workspaceId,
    deviceId: message.deviceId,
    conversationId,
    senderId: senderContact,
    direction: message.fromMe ? 'outbound' : 'inbound',
    waId: message.waId,
    origin: message.fromMe ? 'phone' : 'contact',
    type,
    content: { ...content, ...fileHere(message, 'available'), ...saidBeside(message) },
    status,
    statusRank: RANK[status],
    sentAt,
    answerSecret: message.sealedSecret ?? null,
  };
}

/** Who reacted, as something that arrived: its contact is found like a sender's. */
function reactors(message: Arrived & HistoryMessage): Arrived[] {
  const { workspaceId, deviceId, chat, reactions = [] } = message;
  return reactions.map(({ sender, fromMe }) => ({ workspaceId, deviceId, chat, sender, fromMe }));
}

/**
 * Makes the rows of messages of the past, with the contacts and chats they need. `first` is the place of the first among
 * the items of its part: it orders those of one second.
 */
export async function historyRows(
  db: Queryable,
  device: Device,
  { messages, first }: { messages: readonly HistoryMessage[]; first: number },
): Promise<HistoryRows> {
  if (messages.length === 0) return { messages: [], reactions: [], files: [] };
  const arrived = messages.map((message) => ({ ...storable(message), ...device }));
  const placed = (await placeContacts(db, arrived)).filter(
    ({ message, chatContact }) => message.chat.kind !== 'person' || chatContact !== null,
  );
  const chats = await ensureConversations(db, placed.map(chatKey));
  const rows = placed.map((one, i) => toRow(one, chats[i] ?? '', first + i));
  await nameQuoted(db, rows, placed);
  const reacted = placed.flatMap(({ message }, i) =>
    (message.reactions ?? []).map((reaction) => ({ reaction, row: rows[i] })),
  );
  const people = await placeContacts(
    db,
    placed.flatMap(({ message }) => reactors(message)),
  );
  const reactions = reacted.flatMap(({ reaction, row }, i) => {
    const senderId = people[i]?.senderContact ?? null;
    if (!row || (senderId === null && !reaction.fromMe)) return [];
    return [
      { ...device, waId: reaction.waId, target: row, senderId, emoji: reaction.emoji, at: new Date(reaction.at) },
    ];
  });
  const files = placed.flatMap(({ message: { sealedMedia: sealed } }, i) => {
    const messageId = rows[i]?.id;
    return sealed && messageId !== undefined ? [{ ...device, messageId, sealed }] : [];
  });
  return { messages: rows, reactions, files };
}

/** Writes the rows; what is stored already stays as it is. `db` may be one that only gathers. */
export async function insertHistoryRows(
  db: Queryable,
  part: Device & { partWaId: string },
  { messages, reactions, files }: HistoryRows,
): Promise<void> {
  if (messages.length > 0) await insertHistory(db, part, messages);
  if (files.length > 0) await insertPastFiles(db, files);
  if (reactions.length > 0) await insertReactions(db, reactions);
}

/** Whether something that came live waits for these rows: see `settleHistoryRows`. */
export async function isHistoryAwaited(db: Queryable, device: Device, { messages }: HistoryRows): Promise<boolean> {
  const waIds = messages.map(({ waId }) => waId);
  return waIds.length > 0 && (await isAwaited(db, device, waIds));
}

/**
 * What came live before history brought these messages: one that could not be read says now what it says, and changes
 * that wait for them have their effect, each with its event. Doing it again changes nothing.
 */
export async function settleHistoryRows(
  tx: Queryable,
  { messages, files }: HistoryRows,
  services: ChangeServices,
): Promise<void> {
  const filled = await fillUnreadable(tx, messages);
  const placed = filled.flatMap(({ id, given_id }) =>
    files.filter(({ messageId }) => messageId === given_id).map((file) => ({ ...file, messageId: id })),
  );
  if (placed.length > 0) await insertPastFiles(tx, placed);
  await applyWaiting(tx, messages, services);
}
