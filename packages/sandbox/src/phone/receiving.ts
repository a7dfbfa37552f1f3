import { proto } from 'baileys';
import type { Account, Companion } from '../accounts.ts';
import { decodeMessage, isOnlySenderKey, type Message, messageText } from '../codec/message.ts';
import { bytes, type Node } from '../codec/node.ts';
import { canonicalChat } from '../routing/deliver.ts';
import type { InboxEntry } from './inbox.ts';
import { answerPeer } from './onboarding.ts';
import type { Phone } from './phone.ts';
import { askAgain, confirmByHabit, confirmDelivery } from './receipts.ts';

/** A message from a linked device, on its way to one phone. */
export interface Envelope {
  readonly id: string;
  readonly t: string;
  readonly sender: Companion;
  /** Address the sender wrote to. */
  readonly sentTo: string;
  /** Set for groups and status. */
  readonly group: string | undefined;
  readonly form: 'pn' | 'lid';
  /** True when sender and phone belong to the same account. */
  readonly own: boolean;
  readonly peer: boolean;
  readonly encs: Node[];
  /** Times the sender has encrypted it again for us. */
  readonly attempt: number;
}

/** Everything a phone does with an arriving message: decrypt or ask again, show once, confirm, answer. */
export async function acceptEnvelope(phone: Phone, envelope: Envelope): Promise<void> {
  if (phone.core.faults.sink) return sink(phone, envelope);
  const from = envelope.sender.account.jid;
  let message: Message | undefined;
  try {
    message = await open(phone, envelope);
  } catch (error) {
    phone.core.events.emit('phoneError', phone.account, error);
    phone.core.stats.decryptFailures++;
    // Shown already: the copy cannot be opened twice, but its sender still waits for the confirmation.
    if (phone.inbox.has(from, envelope.id)) return repeat(phone, from, envelope.id);
    return askAgain(phone, envelope);
  }
  if (!message) return;
  if (envelope.peer || isPeerRequest(message)) return answerPeer(phone, envelope.sender, message, envelope.id);
  if (phone.inbox.has(from, envelope.id)) return repeat(phone, from, envelope.id);
  const entry = show(phone, envelope, message);
  confirmByHabit(phone, entry);
  await reply(phone, entry);
}

/** Puts a message between two phones, which needs no encryption because both are simulated here. */
export function acceptPlain(
  phone: Phone,
  fields: { id: string; from: Account; chat: string; message: Message; automatic: boolean },
): void {
  const { id, from, chat, message, automatic } = fields;
  const form = phone.core.options.addressing;
  if (phone.inbox.has(from.jid, id)) {
    repeat(phone, from.jid, id);
    return;
  }
  const entry = record(phone, { id, chat, from: from.jid, fromDevice: 0, message, own: false, form });
  confirmByHabit(phone, entry);
  if (!automatic) phone.enqueue(() => reply(phone, entry));
}

async function open(phone: Phone, envelope: Envelope): Promise<Message | undefined> {
  let message: Message | undefined;
  for (const enc of envelope.encs) {
    const padded = await decryptOne(phone, envelope, enc);
    const decoded = decodeMessage(padded);
    const inner = decoded.deviceSentMessage?.message ?? decoded;
    const key = inner.senderKeyDistributionMessage;
    if (key?.axolotlSenderKeyDistributionMessage && key.groupId) {
      await phone.signal.learnSenderKey(envelope.sender, key.groupId, key.axolotlSenderKeyDistributionMessage);
    }
    if (!isOnlySenderKey(inner)) message = inner;
  }
  return message;
}

function decryptOne(phone: Phone, envelope: Envelope, enc: Node): Promise<Uint8Array> {
  const type = enc.attrs.type ?? 'msg';
  if (type !== 'skmsg') return phone.signal.decrypt(envelope.sender, type, bytes(enc));
  return phone.signal.decryptGroup(envelope.group ?? envelope.sentTo, envelope.sender, bytes(enc));
}

function isPeerRequest(message: Message): boolean {
  const type = message.protocolMessage?.type;
  const kinds = proto.Message.ProtocolMessage.Type;
  return type === kinds.PEER_DATA_OPERATION_REQUEST_MESSAGE || type === kinds.APP_STATE_SYNC_KEY_REQUEST;
}

function show(phone: Phone, envelope: Envelope, message: Message): InboxEntry {
  const author = envelope.sender.account.jid;
  const chat = envelope.group ?? (envelope.own ? canonicalChat(phone.core, envelope.sentTo) : author);
  const { id, own, form } = envelope;
  return record(phone, { id, chat, from: author, fromDevice: envelope.sender.id, message, own, form });
}

type NewEntry = Omit<InboxEntry, 'text' | 'at' | 'duplicates' | 'read'>;

function record(phone: Phone, fields: NewEntry): InboxEntry {
  const text = messageText(fields.message);
  const entry: InboxEntry = { ...fields, text, at: Date.now(), duplicates: 0, read: false };
  phone.files.keep(phone.core, fields.id, fields.message);
  phone.core.stats.delivered++;
  phone.core.events.emit('phoneMessage', phone.account, entry);
  phone.inbox.add(entry);
  phone.core.events.emit('changed');
  return entry;
}

function repeat(phone: Phone, from: string, id: string): void {
  phone.core.stats.duplicateDeliveries++;
  const known = phone.inbox.countDuplicate(from, id);
  if (known && !known.own && phone.auto.deliver) confirmDelivery(phone, known);
}

async function reply(phone: Phone, entry: InboxEntry): Promise<void> {
  const template = phone.auto.reply;
  if (template === undefined || entry.own || entry.text === undefined) return;
  await phone.sendText(entry.chat, template.replaceAll('{text}', entry.text), { automatic: true });
}

const SINK_IDS = 200_000;

function sink(phone: Phone, envelope: Envelope): void {
  if (envelope.own || envelope.peer) return;
  const { stats } = phone.core;
  if (phone.sinkIds.has(envelope.id)) stats.duplicateDeliveries++;
  else stats.delivered++;
  if (phone.sinkIds.size >= SINK_IDS) phone.sinkIds.clear();
  phone.sinkIds.add(envelope.id);
  const from = envelope.sender.account.jid;
  const message = { id: envelope.id, from, chat: envelope.group ?? from, form: envelope.form };
  if (phone.auto.deliver) confirmDelivery(phone, message);
}
