import type { HistoryMessage } from '../../engine/history.ts';
import type { Queryable } from '../../platform/db/port.ts';
import { pastId } from '../../platform/ids.ts';
import { storable } from '../../platform/storable.ts';
import { ensureConversations } from '../conversations/index.ts';
import type { ReportOfDevice } from './apply-reports.ts';
import type { ChangeServices } from './changes/apply.ts';
import { applyWaiting } from './changes/record.ts';
import { insertHistory, insertResponses, isAwaited, type NewHistoryRow, type NewResponse } from './history-store.ts';
import { insertPastFiles, type NewFetch } from './media-fetch-store.ts';
import { type Arrived, chatKey, type Placed, placeContacts } from './place.ts';
import { noteReceipts } from './receipts.ts';
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
  responses: NewResponse[];
  /** What members of groups and viewers did with those of the account. */
  receipts: ReportOfDevice[];
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

interface PastResponse extends Pick<NewResponse, 'waId' | 'kind' | 'content'> {
  /** Whose it is, as something that arrived: its contact is found like a sender's. */
  by: Arrived;
  at: number;
}

function responsesTo(message: Arrived & HistoryMessage): PastResponse[] {
  const { workspaceId, deviceId, chat, reactions = [], votes = [] } = message;
  const said = [
    ...reactions.map((one) => ({ ...one, kind: 'reaction' as const, content: { emoji: one.emoji } })),
    ...votes.map((one) => ({ ...one, kind: 'vote' as const, content: { options: one.options } })),
  ];
  return said.map(({ waId, kind, content, at, sender, fromMe }) => ({
    ...{ waId, kind, content, at },
    by: { workspaceId, deviceId, chat, sender, fromMe },
  }));
}

async function responseRows(
  db: Queryable,
  device: Device,
  told: readonly { row: NewHistoryRow | undefined; response: PastResponse }[],
): Promise<NewResponse[]> {
  const people = await placeContacts(
    db,
    told.map(({ response }) => response.by),
  );
  return told.flatMap(({ row, response: { by, at, ...said } }, i) => {
    const senderId = people[i]?.senderContact ?? null;
    if (!row || (senderId === null && !by.fromMe)) return [];
    return [{ ...device, ...said, target: row, senderId, at: new Date(at) }];
  });
}

function receiptsOf(device: Device, { waId, receipts = [] }: HistoryMessage): ReportOfDevice[] {
  return receipts.map(({ person, status, at }) => ({ ...device, waId, status, at, participant: person, toMany: true }));
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
  if (messages.length === 0) return { messages: [], responses: [], receipts: [], files: [] };
  const arrived = messages.map((message) => ({ ...storable(message), ...device }));
  const placed = (await placeContacts(db, arrived)).filter(
    ({ message, chatContact }) => message.chat.kind !== 'person' || chatContact !== null,
  );
  const chats = await ensureConversations(db, placed.map(chatKey));
  const rows = placed.map((one, i) => toRow(one, chats[i] ?? '', first + i));
  await nameQuoted(db, rows, placed);
  const told = placed.flatMap(({ message }, i) => responsesTo(message).map((response) => ({ row: rows[i], response })));
  const responses = await responseRows(db, device, told);
  const receipts = placed.flatMap(({ message }) => receiptsOf(device, message));
  const files = placed.flatMap(({ message: { sealedMedia: sealed } }, i) => {
    const messageId = rows[i]?.id;
    return sealed && messageId !== undefined ? [{ ...device, messageId, sealed }] : [];
  });
  return { messages: rows, responses, receipts, files };
}

/** Writes the rows; what is stored already stays as it is. `db` may be one that only gathers. */
export async function insertHistoryRows(
  db: Queryable,
  part: Device & { partWaId: string },
  { messages, responses, receipts, files }: HistoryRows,
): Promise<void> {
  if (messages.length > 0) await insertHistory(db, part, messages);
  if (files.length > 0) await insertPastFiles(db, files);
  if (responses.length > 0) await insertResponses(db, responses);
  if (receipts.length > 0) await noteReceipts(db, receipts);
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
