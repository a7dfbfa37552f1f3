import type { Inbound } from '../../engine/port.ts';
import type { Queryable } from '../../platform/db/port.ts';
import { newId } from '../../platform/ids.ts';
import { storable } from '../../platform/storable.ts';
import { applyConsentWords, type Heard, setPushNames } from '../contacts/index.ts';
import { ensureConversations, touchConversations } from '../conversations/index.ts';
import { recordEvents } from '../events/index.ts';
import { countInbound } from '../usage/index.ts';
import type { ChangeServices } from './changes/apply.ts';
import { applyWaiting } from './changes/record.ts';
import { findByWaId } from './changes/store.ts';
import { toStatusUpdate } from './content/status-update.ts';
import { messageEvent } from './events.ts';
import { type StoredMedia, storedMedia } from './media-content.ts';
import { insertFetches, type NewFetch } from './media-fetch-store.ts';
import { chatKey, isPerson, type Placed as PlacedAt, placeContacts } from './place.ts';
import { recoverMessages } from './recover.ts';
import { toMessage } from './schemas.ts';
import { RANK } from './status.ts';
import { type Inserted, insertInbound, type NewInbound } from './store.ts';

/** A message, or the sign that there is one which cannot be read yet. */
export type InboundOfDevice = Omit<Inbound, 'content'> & {
  workspaceId: string;
  deviceId: string;
  content: Inbound['content'] | { type: 'undecryptable' };
  /** Why it cannot be read. */
  reason?: string;
};

type Placed = PlacedAt<InboundOfDevice>;

export const UNDECRYPTABLE = 'undecryptable';

/** What is said beside the content, as a row keeps it. The quoted message is named once rows have ids. */
export function saidBeside({ context, style }: Pick<Inbound, 'context' | 'style'>): Record<string, unknown> {
  const { mentions, forwarded } = context ?? {};
  const numbers = Array.isArray(mentions)
    ? mentions.flatMap((one) => (isPerson(one) ? (one.phone ?? (one.lid === undefined ? [] : `${one.lid}@lid`)) : []))
    : mentions;
  return {
    ...(numbers === undefined || numbers.length === 0 ? {} : { mentions: numbers }),
    ...(forwarded ? { forwarded } : {}),
    ...(style ? { statusUpdate: toStatusUpdate(style) } : {}),
  };
}

/** Where its file stands here: `there` says how, for one that can be had. Of others the message does not tell the place. */
export function fileHere(
  { content, sealedMedia }: Pick<InboundOfDevice, 'content' | 'sealedMedia'>,
  there: 'pending' | 'available',
): { media?: StoredMedia } {
  if (!('media' in content)) return {};
  const { sealed: _sealed, ...media } = content.media;
  const status = sealedMedia ? { status: there } : ({ status: 'failed', reason: 'unavailable' } as const);
  return { media: storedMedia.parse({ ...media, id: newId('med'), ...status }) };
}

/** What is to be downloaded of these messages. */
function fetchesOf(fresh: readonly { row: NewInbound; origin: Placed }[]): NewFetch[] {
  return fresh.flatMap(({ row, origin }) => {
    const sealed = origin.message.sealedMedia;
    const { workspaceId, deviceId, id: messageId } = row;
    return sealed ? [{ workspaceId, deviceId, messageId, sealed }] : [];
  });
}

function toRow({ message, senderContact }: Placed, conversationId: string, now: Date): NewInbound {
  const { type, ...content } = message.content;
  const status = message.fromMe ? 'sent' : 'received';
  return {
    id: newId('msg'),
    workspaceId: message.workspaceId,
    deviceId: message.deviceId,
    conversationId,
    senderId: senderContact,
    direction: message.fromMe ? 'outbound' : 'inbound',
    waId: message.waId,
    origin: message.fromMe ? 'phone' : 'contact',
    source: message.offline ? 'recovered' : 'live',
    type,
    content: { ...content, ...fileHere(message, 'pending'), ...saidBeside(message) },
    status,
    statusRank: message.fromMe ? RANK.sent : RANK.received,
    sentAt: new Date(message.sentAt),
    answerSecret: message.sealedSecret ?? null,
    createdAt: now,
  };
}

/** The event of what arrived. What others show everybody is not written to anyone, and is not told of as a message. */
function arrivalOf({ fromMe, chat }: Pick<Inbound, 'fromMe' | 'chat'>): string {
  if (fromMe) return 'message.sent';
  return chat.kind === 'status' ? 'status.received' : 'message.received';
}

/** Whether it counts as unread: a status update is no message that waits for an answer. */
const countsAsUnread = ({ fromMe, chat }: Pick<Inbound, 'fromMe' | 'chat'>): boolean =>
  !fromMe && chat.kind !== 'status';

function eventOf(row: NewInbound, placed: Placed) {
  const at = row.sentAt;
  const resource = toMessage({
    id: row.id,
    device_id: row.deviceId,
    conversation_id: row.conversationId,
    contact_id: placed.chatContact,
    contact_phone: placed.chatPhone,
    sender_id: row.senderId,
    direction: row.direction,
    origin: row.origin,
    source: row.source,
    type: row.type,
    content: row.content,
    status: row.status,
    status_at: at,
    held_reason: null,
    next_attempt_at: null,
    error: null,
    client_ref: null,
    metadata: null,
    priority: 'normal',
    transactional: false,
    send_at: null,
    valid_until: null,
    sent_at: at,
    edited_at: null,
    revoked_at: null,
    responses: null,
    created_at: row.createdAt,
  });
  if (row.type !== UNDECRYPTABLE) return messageEvent(row.workspaceId, arrivalOf(placed.message), resource);
  const event = messageEvent(row.workspaceId, 'message.undecryptable', resource);
  return { ...event, data: { message: resource, reason: placed.message.reason ?? 'unknown' } };
}

/** What contacts wrote in their own chats: words of it may opt them out. */
function heardIn(fresh: readonly { row: NewInbound; origin: Placed; words: unknown }[]): Heard[] {
  return fresh.flatMap(({ row, origin: { message, chatContact }, words }) => {
    const { content, chat, fromMe } = message;
    if (content.type !== 'text' || fromMe || chat.kind !== 'person' || chatContact === null) return [];
    const { workspaceId, deviceId, id: messageId } = row;
    return [{ workspaceId, deviceId, contactId: chatContact, messageId, text: content.text.body, words }];
  });
}

/** Names the messages that these answer: stored ones, else those of the same batch. */
export async function nameQuoted(
  tx: Queryable,
  rows: readonly Pick<NewInbound, 'id' | 'workspaceId' | 'deviceId' | 'conversationId' | 'waId' | 'content'>[],
  placed: readonly { message: Pick<Inbound, 'context'> }[],
): Promise<void> {
  const answers = rows.flatMap((row, i) => {
    const waId = placed[i]?.message.context?.quoted?.waId;
    return waId === undefined ? [] : [{ row, waId }];
  });
  if (answers.length === 0) return;
  const keys = answers.map(({ row, waId }) => ({ ...row, waId }));
  const known = new Map(rows.map((row) => [`${row.conversationId}/${row.waId}`, row.id]));
  for (const found of await findByWaId(tx, keys)) known.set(`${found.conversation_id}/${found.wa_id}`, found.id);
  for (const { row, waId } of answers) {
    const replyTo = known.get(`${row.conversationId}/${waId}`);
    if (replyTo !== undefined) Object.assign(row.content, { replyTo });
  }
}

/** How many of these came late, by device. */
function countLate(rows: readonly NewInbound[]): Map<string, number> {
  const late = new Map<string, number>();
  for (const { source, deviceId } of rows)
    if (source === 'recovered') late.set(deviceId, (late.get(deviceId) ?? 0) + 1);
  return late;
}

/**
 * Stores a batch of arrived messages with their contacts, conversations and events in the caller's transaction.
 * `late` hears how many of the new ones WhatsApp had kept. A message that is already stored changes nothing: WhatsApp repeats what a crash left unacknowledged.
 */
export async function recordInbound(
  tx: Queryable,
  messages: readonly InboundOfDevice[],
  services: ChangeServices & { now: Date; late?: (byDevice: Map<string, number>) => void },
): Promise<number> {
  const { now } = services;
  if (messages.length === 0) return 0;
  const placed = (await placeContacts(tx, messages.map(storable))).filter(
    (p) => p.message.chat.kind !== 'person' || p.chatContact !== null,
  );
  const conversationIds = await ensureConversations(tx, placed.map(chatKey));
  const rows = placed.map((p, i) => toRow(p, conversationIds[i] ?? '', now));
  await nameQuoted(tx, rows, placed);
  const inserted = await insertInbound(tx, rows);
  const arrivals = rows.flatMap((row, i) => {
    const origin = placed[i];
    return origin ? [{ row, origin, known: inserted.get(row.id) }] : [];
  });
  const missed = arrivals.filter(({ row, known }) => !known && row.type !== UNDECRYPTABLE);
  const recovered = await recoverMessages(tx, missed);
  const fresh = arrivals.flatMap(({ row, origin, known }) => (known ? [{ row, origin, known }] : []));
  if (fresh.length > 0) await noteFresh(tx, fresh, now);
  services.late?.(countLate(fresh.map(({ row }) => row)));
  const readable = [...fresh, ...recovered].map(({ known, ...one }) => ({ ...one, known, words: known.consent_words }));
  const fetches = fetchesOf(readable);
  if (fetches.length > 0) await insertFetches(tx, fetches);
  await nameSenders(tx, readable);
  await applyConsentWords(tx, heardIn(readable), now);
  const awaited = readable.flatMap(({ row, known }) => (known.awaited && row.type !== UNDECRYPTABLE ? [row] : []));
  await applyWaiting(tx, awaited, services);
  return readable.length;
}

/** A message that is new here. */
export interface Arrival {
  row: NewInbound;
  origin: Placed;
  known: Inserted;
}

async function noteFresh(tx: Queryable, fresh: readonly Arrival[], now: Date): Promise<void> {
  await touchConversations(
    tx,
    fresh.map(({ row, origin }) => ({
      id: row.conversationId,
      workspaceId: row.workspaceId,
      unread: countsAsUnread(origin.message) ? 1 : 0,
      at: row.sentAt,
    })),
  );
  // What a person types on the phone itself is neither received nor sent by WAPing.
  const received = fresh
    .filter(({ row }) => row.direction === 'inbound')
    .map(({ row }) => ({ ...row, kind: row.type }));
  // Side by side: one round trip for both.
  await Promise.all([
    recordEvents(
      tx,
      fresh.map(({ row, origin }) => eventOf(row, origin)),
    ),
    countInbound(tx, received, now),
  ]);
}

async function nameSenders(tx: Queryable, arrivals: readonly Arrival[]): Promise<void> {
  const names = arrivals.flatMap(({ row, origin }) =>
    row.senderId !== null && origin.message.pushName
      ? [{ id: row.senderId, workspaceId: row.workspaceId, pushName: origin.message.pushName }]
      : [],
  );
  if (names.length > 0) await setPushNames(tx, names);
}
