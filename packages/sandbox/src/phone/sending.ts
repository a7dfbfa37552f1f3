import type { Account, Companion } from '../accounts.ts';
import { isGroup, STATUS } from '../codec/jid.ts';
import { encodeMessage, type Message, stanzaType } from '../codec/message.ts';
import { type Node, node } from '../codec/node.ts';
import { type Core, nowSeconds } from '../core.ts';
import { SandboxError } from '../errors.ts';
import type { Group } from '../groups.ts';
import { readRetryBundle } from '../keys.ts';
import { addressOf, deliver } from '../routing/deliver.ts';
import type { Phone } from './phone.ts';
import { acceptPlain } from './receiving.ts';

export interface SendOptions {
  /** Message id; default a fresh one. */
  id?: string;
  /** `edit` attribute of the stanza: 1 edit, 7 revoke by the author, 8 by an admin. */
  edit?: string;
  /** A phone's own answer. No phone answers it: two that answer everything would never come to an end. */
  automatic?: boolean;
}

export interface SentMessage {
  readonly to: string;
  readonly message: Message;
  readonly edit: string | undefined;
}

/** Address or number → the account or group it means. Throws NOT_ON_WHATSAPP or NOT_FOUND. */
export function resolveTarget(core: Core, to: string): Account | Group {
  if (isGroup(to)) {
    const group = core.groups.get(to);
    if (!group) throw new SandboxError('NOT_FOUND', `there is no group ${to}`);
    return group;
  }
  const account = to.includes('@') ? core.registry.byJid(to) : core.registry.byUser(to.replace(/\D/g, ''), 'pn');
  if (!account) throw new SandboxError('NOT_ON_WHATSAPP', `${to} is not on the network`);
  return account;
}

/** Where a message goes that more than one account gets. */
type Audience = Pick<Group, 'jid' | 'members'>;

/** A status update goes to those the phone has written with; its own devices get a copy. */
function statusAudience({ core, account, inbox, sent }: Phone): Audience {
  const chats = [...inbox.entries().map(({ chat }) => chat), ...Array.from(sent.values(), ({ to }) => to)];
  const known = [account, ...chats.flatMap((chat) => core.registry.byJid(chat) ?? [])];
  return { jid: STATUS, members: new Map(known.map(({ user }) => [user, 'member'])) };
}

const targetOf = (phone: Phone, to: string): Account | Audience =>
  to === STATUS ? statusAudience(phone) : resolveTarget(phone.core, to);

export async function sendMessage(phone: Phone, to: string, message: Message, options: SendOptions): Promise<string> {
  const target = targetOf(phone, to);
  const id = options.id ?? phone.newMessageId();
  const edit = options.edit ?? editAttribute(message);
  phone.rememberSent(id, { to: target.jid, message, edit });
  const fields = { id, type: stanzaType(message), notify: phone.account.name, ...(edit ? { edit } : {}) };
  const content = { message, automatic: options.automatic ?? false };
  if ('members' in target) await sendToGroup(phone, target, content, fields);
  else await sendToAccount(phone, target, content, fields);
  return id;
}

type Content = { message: Message; automatic: boolean };
type StanzaFields = { id: string; type: string; notify: string; edit?: string };

function editAttribute(message: Message): string | undefined {
  const type = message.protocolMessage?.type;
  if (type === 14) return '1';
  return type === 0 && message.protocolMessage?.key ? '7' : undefined;
}

async function sendToAccount(phone: Phone, target: Account, content: Content, fields: StanzaFields): Promise<void> {
  const { message, automatic } = content;
  const { core, account } = phone;
  const padded = encodeMessage(message);
  for (const device of target === account ? [] : target.devices.values()) {
    await tryDevice(phone, async () => {
      const attrs = { ...fields, ...senderAttrs(core, account), t: nowSeconds() };
      deliver(core, device, node('message', attrs, [await phone.signal.encrypt(device, padded)]));
    });
  }
  if (target !== account)
    acceptPlain(target.phone, { id: fields.id, from: account, chat: account.jid, message, automatic });
  const copy = encodeMessage({
    deviceSentMessage: { destinationJid: addressOf(target, core.options.addressing), message },
  });
  for (const device of account.devices.values()) {
    await tryDevice(phone, async () => {
      const attrs = { ...fields, ...ownCopyAttrs(core, account, target), t: nowSeconds() };
      deliver(core, device, node('message', attrs, [await phone.signal.encrypt(device, copy)]));
    });
  }
}

/** Who a 1:1 message is from, with the other form of the address beside it. */
export function senderAttrs(core: Core, account: { jid: string; lid: string }): Record<string, string> {
  if (core.options.addressing === 'lid') {
    return { from: account.lid, sender_pn: account.jid, addressing_mode: 'lid' };
  }
  return { from: account.jid, sender_lid: account.lid, addressing_mode: 'pn' };
}

/** Same for a copy to one's own devices: from oneself, to `recipient`. */
export function ownCopyAttrs(
  core: Core,
  sender: { jid: string; lid: string },
  target: { jid: string; lid: string },
): Record<string, string> {
  if (core.options.addressing === 'lid') {
    return { from: sender.lid, recipient: target.lid, peer_recipient_pn: target.jid, addressing_mode: 'lid' };
  }
  return { from: sender.jid, recipient: target.jid, peer_recipient_lid: target.lid, addressing_mode: 'pn' };
}

async function sendToGroup(phone: Phone, group: Audience, content: Content, fields: StanzaFields): Promise<void> {
  const { message, automatic } = content;
  const { core, account } = phone;
  const self = addressOf(account, core.options.addressing);
  const { enc, distribution } = await phone.signal.encryptGroup(group.jid, self, encodeMessage(message));
  const holders = phone.senderKeyHolders.get(group.jid) ?? new Set<Companion>();
  phone.senderKeyHolders.set(group.jid, holders);
  const key = { groupId: group.jid, axolotlSenderKeyDistributionMessage: distribution };
  const keyMessage = encodeMessage({ senderKeyDistributionMessage: key });
  for (const user of group.members.keys()) {
    const member = core.registry.ensure(user);
    for (const device of member.devices.values()) {
      await tryDevice(phone, async () => {
        const encs: Node[] = holders.has(device) ? [enc] : [await phone.signal.encrypt(device, keyMessage), enc];
        holders.add(device);
        deliver(
          core,
          device,
          node('message', { ...fields, ...groupAttrs(core, group, account), t: nowSeconds() }, encs),
        );
      });
    }
    if (member !== account)
      acceptPlain(member.phone, { id: fields.id, from: account, chat: group.jid, message, automatic });
  }
}

/** Who a group message is from. */
export function groupAttrs(
  core: Core,
  group: { jid: string },
  sender: { jid: string; lid: string },
): Record<string, string> {
  if (core.options.addressing === 'lid') {
    return { from: group.jid, participant: sender.lid, participant_pn: sender.jid, addressing_mode: 'lid' };
  }
  return { from: group.jid, participant: sender.jid, participant_lid: sender.lid, addressing_mode: 'pn' };
}

/** A message to one's own device that no chat shows: keys, history. Resolves with its id. */
export async function sendPeer(phone: Phone, device: Companion, message: Message): Promise<string> {
  const id = phone.newMessageId();
  phone.rememberSent(id, { to: phone.account.jid, message, edit: undefined });
  const attrs = { id, from: phone.account.jid, category: 'peer', t: nowSeconds(), type: 'text' };
  deliver(phone.core, device, node('message', attrs, [await phone.signal.encrypt(device, encodeMessage(message))]));
  return id;
}

/** Answers a device's retry receipt: same id, fresh session, everything in one pairwise message. */
export async function sendAgain(phone: Phone, device: Companion, receipt: Node): Promise<void> {
  const id = receipt.attrs.id ?? '';
  const sent = phone.sent.get(id);
  if (!sent) return;
  const { core, account } = phone;
  await phone.signal.renew(device, readRetryBundle(receipt));
  const target = targetOf(phone, sent.to);
  const own = device.account === account;
  const count = receipt.content && Array.isArray(receipt.content) ? receipt.content[0]?.attrs.count : undefined;
  const fields = { id, type: stanzaType(sent.message), notify: account.name, edit: sent.edit, t: nowSeconds() };
  const attrs = 'members' in target ? groupAttrs(core, target, account) : pairAttrs(core, { account, target, own });
  if ('members' in target) phone.senderKeyHolders.get(target.jid)?.delete(device);
  const destination = 'members' in target ? target.jid : addressOf(target, core.options.addressing);
  const message = own ? { deviceSentMessage: { destinationJid: destination, message: sent.message } } : sent.message;
  const enc = await phone.signal.encrypt(device, encodeMessage(message), { count: count ?? '1' });
  deliver(core, device, node('message', { ...fields, ...attrs }, [enc]));
}

function pairAttrs(core: Core, fields: { account: Account; target: Account; own: boolean }): Record<string, string> {
  const { account, target, own } = fields;
  if (own && target === account) return { from: account.jid, category: 'peer' };
  return own ? ownCopyAttrs(core, account, target) : senderAttrs(core, account);
}

// One device without keys must not keep the message from the others.
async function tryDevice(phone: Phone, send: () => Promise<void>): Promise<void> {
  try {
    await send();
  } catch (error) {
    phone.core.events.emit('phoneError', phone.account, error);
  }
}
