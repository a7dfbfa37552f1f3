import type { Address, Inbound } from '../../engine/port.ts';
import type { Queryable } from '../../platform/db/port.ts';
import { newId } from '../../platform/ids.ts';
import { storable } from '../../platform/storable.ts';
import { ensureContacts, type Identity, setPushNames } from '../contacts/index.ts';
import { type ChatKey, ensureConversations, touchConversations } from '../conversations/index.ts';
import { recordEvents } from '../events/index.ts';
import { countInbound } from '../usage/index.ts';
import { messageEvent } from './events.ts';
import { toMessage } from './schemas.ts';
import { RANK } from './status.ts';
import { insertInbound, type NewInbound } from './store.ts';

export type InboundOfDevice = Inbound & { workspaceId: string; deviceId: string };

interface Placed {
  message: InboundOfDevice;
  chatContact: string | null;
  senderContact: string | null;
}

const isPerson = (address: Address): address is Extract<Address, { kind: 'person' }> => address.kind === 'person';

function identity(workspaceId: string, address: Address): Identity | null {
  if (!isPerson(address) || (!address.phone && !address.lid)) return null;
  return { workspaceId, phone: address.phone ?? null, lid: address.lid ?? null };
}

async function placeContacts(tx: Queryable, messages: readonly InboundOfDevice[]): Promise<Placed[]> {
  const wanted: Identity[] = [];
  const slot = (found: Identity | null): number => (found === null ? -1 : wanted.push(found) - 1);
  const slots = messages.map((m) => ({
    chat: slot(identity(m.workspaceId, m.chat)),
    sender: m.fromMe ? -1 : slot(identity(m.workspaceId, m.sender)),
  }));
  const ids = await ensureContacts(tx, wanted);
  return messages.map((message, i) => ({
    message,
    chatContact: ids[slots[i]?.chat ?? -1] ?? null,
    senderContact: ids[slots[i]?.sender ?? -1] ?? null,
  }));
}

function chatKey({ message, chatContact }: Placed): ChatKey {
  const { workspaceId, deviceId, chat } = message;
  const groupId = chat.kind === 'group' ? chat.id : chat.kind === 'status' ? 'status' : null;
  return { workspaceId, deviceId, kind: chat.kind, contactId: chatContact, groupId };
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
    content,
    status,
    statusRank: message.fromMe ? RANK.sent : RANK.received,
    sentAt: new Date(message.sentAt),
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
    created_at: row.createdAt,
  });
  return messageEvent(row.workspaceId, placed.message.fromMe ? 'message.sent' : 'message.received', resource);
}

/**
 * Stores a batch of arrived messages with their contacts, conversations and events in the caller's transaction.
 * A message that is already stored changes nothing: WhatsApp repeats what a crash left unacknowledged.
 */
export async function recordInbound(tx: Queryable, messages: readonly InboundOfDevice[], now: Date): Promise<number> {
  if (messages.length === 0) return 0;
  const placed = (await placeContacts(tx, messages.map(storable))).filter(
    (p) => p.message.chat.kind !== 'person' || p.chatContact !== null,
  );
  const conversationIds = await ensureConversations(tx, placed.map(chatKey));
  const rows = placed.map((p, i) => toRow(p, conversationIds[i] ?? '', now));
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
  return fresh.length;
}
