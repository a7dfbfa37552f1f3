import type { Inbound } from '../../engine/port.ts';
import type { Queryable } from '../../platform/db/port.ts';
import { newId } from '../../platform/ids.ts';
import { storable } from '../../platform/storable.ts';
import { setPushNames } from '../contacts/index.ts';
import { ensureConversations, touchConversations } from '../conversations/index.ts';
import { recordEvents } from '../events/index.ts';
import { countInbound } from '../usage/index.ts';
import type { ChangeServices } from './changes/apply.ts';
import { applyWaiting } from './changes/record.ts';
import { findByWaId } from './changes/store.ts';
import { messageEvent } from './events.ts';
import { chatKey, isPerson, type Placed as PlacedAt, placeContacts } from './place.ts';
import { toMessage } from './schemas.ts';
import { RANK } from './status.ts';
import { insertInbound, type NewInbound } from './store.ts';

export type InboundOfDevice = Inbound & { workspaceId: string; deviceId: string };

type Placed = PlacedAt<InboundOfDevice>;

/** What is said beside the content, as a row keeps it. The quoted message is named once rows have ids. */
function saidBeside({ context }: Inbound): Record<string, unknown> {
  const { mentions, forwarded } = context ?? {};
  const numbers = Array.isArray(mentions)
    ? mentions.flatMap((one) => (isPerson(one) ? (one.phone ?? []) : []))
    : mentions;
  return {
    ...(numbers === undefined || numbers.length === 0 ? {} : { mentions: numbers }),
    ...(forwarded ? { forwarded } : {}),
  };
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
    type,
    content: { ...content, ...saidBeside(message) },
    status,
    statusRank: message.fromMe ? RANK.sent : RANK.received,
    sentAt: new Date(message.sentAt),
    answerSecret: message.sealedSecret ?? null,
    createdAt: now,
  };
}

function eventOf(row: NewInbound, placed: Placed) {
  const at = row.sentAt;
  const phone = isPerson(placed.message.chat) ? (placed.message.chat.phone ?? null) : null;
  const resource = toMessage({
    id: row.id,
    device_id: row.deviceId,
    conversation_id: row.conversationId,
    contact_id: placed.chatContact,
    contact_phone: phone,
    sender_id: row.senderId,
    direction: row.direction,
    origin: row.origin,
    source: 'live',
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
  return messageEvent(row.workspaceId, placed.message.fromMe ? 'message.sent' : 'message.received', resource);
}

/** Names the messages that these answer: stored ones, else those of the same batch. */
async function nameQuoted(tx: Queryable, rows: readonly NewInbound[], placed: readonly Placed[]): Promise<void> {
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

/**
 * Stores a batch of arrived messages with their contacts, conversations and events in the caller's transaction.
 * A message that is already stored changes nothing: WhatsApp repeats what a crash left unacknowledged.
 */
export async function recordInbound(
  tx: Queryable,
  messages: readonly InboundOfDevice[],
  services: ChangeServices & { now: Date },
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
  const fresh = rows.flatMap((row, i) => {
    const origin = placed[i];
    return origin && inserted.has(row.id) ? [{ row, origin }] : [];
  });
  if (fresh.length === 0) return 0;
  await touchConversations(
    tx,
    fresh.map(({ row, origin }) => ({
      id: row.conversationId,
      workspaceId: row.workspaceId,
      unread: origin.message.fromMe ? 0 : 1,
      at: row.sentAt,
    })),
  );
  const names = fresh.flatMap(({ row, origin }) =>
    row.senderId !== null && origin.message.pushName
      ? [{ id: row.senderId, workspaceId: row.workspaceId, pushName: origin.message.pushName }]
      : [],
  );
  if (names.length > 0) await setPushNames(tx, names);
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
  const awaited = fresh.flatMap(({ row }) => (inserted.get(row.id) ? [row] : []));
  await applyWaiting(tx, awaited, services);
  return fresh.length;
}
