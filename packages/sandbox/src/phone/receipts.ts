import type { Companion } from '../accounts.ts';
import { isGroup, STATUS } from '../codec/jid.ts';
import { node, uintBytes } from '../codec/node.ts';
import { nowSeconds } from '../core.ts';
import { SandboxError } from '../errors.ts';
import { bundleNodes } from '../keys.ts';
import { deliver, deliverReceipt } from '../routing/deliver.ts';
import type { InboxEntry } from './inbox.ts';
import type { Phone } from './phone.ts';
import type { Envelope } from './receiving.ts';

const READ_AFTER_MS = 5;
const MAX_RETRIES = 5;

/** Confirms delivery of a message from another account. */
export function confirmDelivery(
  phone: Phone,
  message: { id: string; from: string; chat: string; form: 'pn' | 'lid' },
): void {
  sendReceipt(phone, message, undefined);
}

/** Delivery and, when the phone reads everything by itself, the read receipt shortly after. */
export function confirmByHabit(phone: Phone, entry: InboxEntry): void {
  if (entry.own) return;
  if (phone.auto.deliver) confirmDelivery(phone, entry);
  if (phone.auto.read && !entry.read) phone.core.later(READ_AFTER_MS, () => readEntry(phone, entry));
}

export function markRead(phone: Phone, id: string): void {
  const entry = phone.inbox.find((item) => item.id === id && !item.own);
  if (!entry) throw new SandboxError('NOT_FOUND', `the phone has no message ${id}`);
  readEntry(phone, entry);
}

function readEntry(phone: Phone, entry: InboxEntry): void {
  entry.read = true;
  sendReceipt(phone, entry, 'read');
  const { account, core } = phone;
  const attrs = { id: entry.id, from: account.jid, recipient: entry.chat, type: 'read', t: nowSeconds() };
  for (const device of account.devices.values()) deliver(core, device, node('receipt', attrs));
}

type Received = Pick<InboxEntry, 'id' | 'from' | 'chat' | 'form'>;

function sendReceipt(phone: Phone, message: Received, type: string | undefined): void {
  const { core, account } = phone;
  const author = core.registry.byJid(message.from);
  if (!author || core.faults.receiptDrop) return;
  const group = isGroup(message.chat) || message.chat === STATUS ? message.chat : undefined;
  const { id, form } = message;
  deliverReceipt(core, author, { id, type, from: account, group, form, t: nowSeconds() });
}

/** Asks the sending device to encrypt again, with a fresh bundle so that the session can start over. */
export function askAgain(phone: Phone, envelope: Envelope): void {
  const count = envelope.attempt + 1;
  if (count > MAX_RETRIES) return;
  const { core, account } = phone;
  const self = envelope.form === 'lid' ? account.lid : account.jid;
  const attrs = {
    id: envelope.id,
    type: 'retry',
    from: envelope.group ?? self,
    participant: envelope.group === undefined ? undefined : self,
    t: nowSeconds(),
    ...(envelope.own ? { recipient: envelope.sentTo } : {}),
  };
  const [registration, ...keys] = bundleNodes(phone.signal.publish());
  const content = [
    node('retry', { count: String(count), id: envelope.id, t: envelope.t, v: '1', error: '0' }),
    registration ?? node('registration', {}, uintBytes(phone.signal.keys.registrationId, 4)),
    node('keys', {}, keys),
  ];
  deliver(core, envelope.sender, node('receipt', attrs, content));
}

/** True when the device is still linked: a removed one gets nothing any more. */
export function isLinked(device: Companion): boolean {
  return device.account.devices.get(device.id) === device;
}
