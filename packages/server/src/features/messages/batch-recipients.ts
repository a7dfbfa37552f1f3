import type { OperationContext } from '../../operations/context.ts';
import { E164 } from '../../operations/fields.ts';
import { WapingError } from '../../platform/errors.ts';
import { ensureContacts } from '../contacts/index.ts';
import {
  ensureConversations,
  findChatsByContact,
  findChatsByPhone,
  findConversations,
  type PhonesChat,
} from '../conversations/index.ts';
import { groupChat, notInGroup, notToStatus, type Recipient, type SendInput } from './send.ts';

/** Who a message of a batch goes to. Without a contact, a number that nobody has written to yet. */
export interface PlacedRecipient {
  conversationId: string | null;
  contactId: string | null;
  phone: string | null;
  optedOutAt: Date | null;
  /** Of a chat with more than one person. */
  kind?: 'group' | 'status';
}

type Found = PlacedRecipient | WapingError;

const known = (row: PhonesChat): PlacedRecipient => ({
  conversationId: row.conversation_id,
  contactId: row.contact_id,
  phone: row.phone,
  optedOutAt: row.opted_out_at,
});

/** Puts what was found for a part of the inputs at their places in the whole. */
function placed<Row extends { at: number }>(rows: readonly Row[]): Map<number, Row> {
  return new Map(rows.map((row) => [row.at, row]));
}

async function byPhone(ctx: OperationContext, inputs: readonly SendInput[]): Promise<Found[]> {
  const chats = inputs.map(({ deviceId, to }) => ({ workspaceId: ctx.workspace.id, deviceId, phone: to }));
  const rows = placed(await findChatsByPhone(ctx.tx, chats));
  return inputs.map(({ to }, i) => {
    const row = rows.get(i);
    return row ? known(row) : { conversationId: null, contactId: null, phone: to, optedOutAt: null };
  });
}

async function byContact(ctx: OperationContext, inputs: readonly SendInput[]): Promise<Found[]> {
  const chats = inputs.map(({ deviceId, to }) => ({ workspaceId: ctx.workspace.id, deviceId, contactId: to }));
  const rows = placed(await findChatsByContact(ctx.tx, chats));
  return inputs.map((_, i) => {
    const row = rows.get(i);
    return row ? known(row) : new WapingError('NOT_FOUND', 'no such contact', { param: 'to' });
  });
}

async function byConversation(ctx: OperationContext, inputs: readonly SendInput[]): Promise<Found[]> {
  const ids = inputs.map(({ to }) => to);
  const rows = new Map((await findConversations(ctx.tx, ctx.workspace.id, ids)).map((row) => [row.id, row]));
  return inputs.map(({ to, deviceId }) => {
    const row = rows.get(to);
    if (!row) return new WapingError('NOT_FOUND', 'no such conversation', { param: 'to' });
    if (row.device_id !== deviceId) {
      return new WapingError('VALIDATION_ERROR', 'to: this conversation is on another device', { param: 'to' });
    }
    if (row.kind === 'status') return notToStatus();
    if (row.group_left_at !== null) return notInGroup();
    const { id, kind, contact_id: contactId, contact_phone: phone, contact_opted_out_at: optedOutAt } = row;
    return { conversationId: id, contactId, phone, optedOutAt, ...(kind === 'person' ? {} : { kind }) };
  });
}

/** Each group once: its chat is made with the first message to it. */
async function byGroup(ctx: OperationContext, inputs: readonly SendInput[]): Promise<Found[]> {
  const chats = new Map<string, Found>();
  for (const { deviceId, to } of inputs) {
    const key = `${deviceId} ${to}`;
    if (chats.has(key)) continue;
    const found = await groupChat(ctx, { deviceId, groupId: to }).catch((error: unknown) => {
      if (error instanceof WapingError) return error;
      throw error;
    });
    chats.set(key, found);
  }
  const none = new WapingError('NOT_FOUND', 'no such group', { param: 'to' });
  return inputs.map(({ deviceId, to }) => chats.get(`${deviceId} ${to}`) ?? none);
}

const FIND = { phone: byPhone, contact: byContact, group: byGroup, conversation: byConversation };
const KINDS = ['phone', 'contact', 'group', 'conversation'] as const;

function kindOf({ to }: SendInput): (typeof KINDS)[number] {
  if (E164.test(to)) return 'phone';
  if (to.startsWith('con_')) return 'contact';
  return to.startsWith('grp_') ? 'group' : 'conversation';
}

/** Looks up who the messages go to, one statement for each way of saying it; in the order given. */
export async function findRecipients(ctx: OperationContext, inputs: readonly SendInput[]): Promise<Found[]> {
  const found = new Map<SendInput, Found>();
  for (const kind of KINDS) {
    const part = inputs.filter((input) => kindOf(input) === kind);
    if (part.length === 0) continue;
    const rows = await FIND[kind](ctx, part);
    for (const [i, input] of part.entries()) {
      found.set(input, rows[i] ?? new WapingError('NOT_FOUND', 'no such recipient', { param: 'to' }));
    }
  }
  return inputs.map((input) => found.get(input) ?? new WapingError('NOT_FOUND', 'no such recipient', { param: 'to' }));
}

interface Wanted {
  deviceId: string;
  recipient: PlacedRecipient;
}

// In one order in every batch: two that make the same contacts in different orders would wait for each other.
async function contactsFor(ctx: OperationContext, wanted: readonly Wanted[]): Promise<Map<string, string>> {
  const phones = wanted.flatMap(({ recipient: { contactId, phone } }) => (contactId === null && phone ? [phone] : []));
  const sorted = [...new Set(phones)].sort();
  const identities = sorted.map((phone) => ({ workspaceId: ctx.workspace.id, phone, lid: null }));
  const made = await ensureContacts(ctx.tx, identities);
  return new Map(sorted.map((phone, i) => [phone, made[i]?.id ?? '']));
}

/** Makes the contacts and chats that are missing; returns them all in the order given. */
export async function makeChats(ctx: OperationContext, wanted: readonly Wanted[]): Promise<Recipient[]> {
  const contacts = await contactsFor(ctx, wanted);
  const contactOf = ({ contactId, phone }: PlacedRecipient) => contactId ?? contacts.get(phone ?? '') ?? null;
  const missing = new Map(
    wanted
      .filter(({ recipient }) => recipient.conversationId === null)
      .map(({ deviceId, recipient }) => [`${deviceId} ${contactOf(recipient)}`, { deviceId, recipient }] as const),
  );
  const names = [...missing.keys()].sort();
  const keys = names.flatMap((name) => {
    const one = missing.get(name);
    const base = { workspaceId: ctx.workspace.id, kind: 'person' as const, groupId: null };
    return one ? [{ ...base, deviceId: one.deviceId, contactId: contactOf(one.recipient) }] : [];
  });
  const made = await ensureConversations(ctx.tx, keys);
  const chats = new Map(names.map((name, i) => [name, made[i] ?? '']));
  return wanted.map(({ deviceId, recipient }) => {
    const { conversationId, phone } = recipient;
    const contactId = contactOf(recipient);
    return { conversationId: conversationId ?? chats.get(`${deviceId} ${contactId}`) ?? '', contactId, phone };
  });
}
