import { proto } from 'baileys';
import { z } from 'zod';
import type { Account } from '../accounts.ts';
import { besideFields, buildContent, contentFields, editOf } from '../content/build.ts';
import { SandboxError } from '../errors.ts';
import type { Network } from '../network-api.ts';
import type { InboxEntry } from '../phone/inbox.ts';
import { announceOnline } from '../routing/presence.ts';
import { number, operation } from './define.ts';
import { accountView, entryView } from './views.ts';

const MAX_WAIT_MS = 120_000;
const id = z.string().min(1).max(128);
const byNumber = z.strictObject({ number });
const behaviour = z.strictObject({
  deliver: z.boolean().optional(),
  read: z.boolean().optional(),
  reply: z.string().max(4_096).nullable().optional(),
  onboard: z.boolean().optional(),
});
const accountFields = z.strictObject({
  number,
  name: z.string().max(100).optional(),
  businessName: z.string().max(100).optional(),
  about: z.string().max(200).optional(),
  auto: behaviour.optional(),
});

/** The account, which has to exist: made before, or a magic number. Throws NOT_ON_WHATSAPP. */
function existing(network: Network, user: string): Account {
  const account = network.core.registry.byUser(user, 'pn');
  if (!account) throw new SandboxError('NOT_ON_WHATSAPP', `there is no phone with the number +${user}`);
  return account;
}

function configure(network: Network, fields: z.output<typeof accountFields>) {
  const { auto = {}, number: user, ...rest } = fields;
  const { reply, ...switches } = auto;
  const account = network.account(user, dropUndefined({ ...rest }));
  Object.assign(account.phone.auto, dropUndefined(switches));
  if (reply !== undefined) account.phone.auto.reply = reply ?? undefined;
  network.core.events.emit('changed');
  return accountView(account);
}

function dropUndefined<T extends object>(fields: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.assign(
    {},
    ...Object.entries(fields).flatMap(([key, value]) => (value === undefined ? [] : [{ [key]: value }])),
  );
}

const KINDS = keysOf(contentFields);

function keysOf<T extends object>(fields: T): (keyof T & string)[] {
  // Guarantee: `fields` is written out in one place and nothing is added to it.
  return Object.keys(fields) as (keyof T & string)[];
}

const sendInput = z
  .strictObject({
    number,
    to: z.string().min(3).max(128),
    ...contentFields,
    ...besideFields,
    message: z.record(z.string(), z.unknown()).optional(),
    id: id.optional(),
    /** The stanza's `edit` attribute, where it is not the content's own. */
    stanzaEdit: z.string().max(2).optional(),
  })
  .refine(
    (input) => [...KINDS, 'message' as const].filter((kind) => input[kind] !== undefined).length === 1,
    `give one of ${KINDS.join(', ')} or message`,
  );

async function send(network: Network, input: z.output<typeof sendInput>) {
  const { phone } = existing(network, input.number);
  const message = input.message ? proto.Message.fromObject(input.message) : buildContent(phone, input);
  const edit = input.stanzaEdit ?? editOf(phone, input);
  return { id: await phone.send(input.to, message, dropUndefined({ id: input.id, edit })) };
}

const filter = {
  text: z.string().optional(),
  id: id.optional(),
  from: number.optional(),
  chat: z.string().max(128).optional(),
  own: z.boolean().optional(),
};
const expectInput = z.strictObject({
  number,
  ...filter,
  timeoutMs: z.number().int().min(0).max(MAX_WAIT_MS).default(10_000),
});
const inboxInput = z.strictObject({ number, ...filter, limit: z.number().int().min(1).max(10_000).default(100) });
type Filter = Pick<z.output<typeof expectInput>, 'text' | 'id' | 'from' | 'chat' | 'own'>;

function matches(wanted: Filter, entry: InboxEntry): boolean {
  if (wanted.text !== undefined && entry.text !== wanted.text) return false;
  if (wanted.id !== undefined && entry.id !== wanted.id) return false;
  if (wanted.chat !== undefined && entry.chat !== wanted.chat) return false;
  if (wanted.own !== undefined && entry.own !== wanted.own) return false;
  return wanted.from === undefined || entry.from.startsWith(`${wanted.from}@`);
}

function setOnline(network: Network, input: { number: string; online: boolean }) {
  const account = existing(network, input.number);
  account.phone.online = input.online;
  announceOnline(network.core, account);
  network.core.events.emit('changed');
  return accountView(account);
}

/** Everything a person can do with a phone in hand. */
export const phoneOperations = {
  'accounts.create': operation(accountFields, configure),
  'accounts.get': operation(byNumber, (network, input) => accountView(existing(network, input.number))),
  'accounts.list': operation(z.strictObject({}), (network) => ({
    accounts: Array.from(network.core.registry.all(), accountView),
  })),
  'phones.scan': operation(z.strictObject({ number, qr: z.string().min(10).max(2_000) }), async (network, input) => {
    const device = await existing(network, input.number).phone.scan(input.qr);
    return { device: device.id, jid: device.jid };
  }),
  'phones.code': operation(z.strictObject({ number, code: z.string().min(8).max(9) }), async (network, input) => {
    const device = await existing(network, input.number).phone.typeCode(input.code.replace('-', '').toUpperCase());
    return { device: device.id, jid: device.jid };
  }),
  'phones.send': operation(sendInput, send),
  'phones.inbox': operation(inboxInput, (network, input) => {
    const { phone } = existing(network, input.number);
    const entries = phone.inbox.entries().filter((entry) => matches(input, entry));
    return { messages: entries.slice(-input.limit).map((entry) => entryView(phone, entry)) };
  }),
  'phones.expect': operation(expectInput, async (network, input) => {
    const { phone } = existing(network, input.number);
    return entryView(phone, await phone.expect((entry) => matches(input, entry), input.timeoutMs));
  }),
  'phones.read': operation(z.strictObject({ number, id }), (network, input) => {
    existing(network, input.number).phone.read(input.id);
    return {};
  }),
  'phones.file': operation(z.strictObject({ number, id }), (network, input) => {
    const file = existing(network, input.number).phone.files.get(input.id);
    if (!file) throw new SandboxError('NOT_FOUND', `the phone has no file of message ${input.id}`);
    return { base64: file.toString('base64') };
  }),
  'phones.deleteFile': operation(z.strictObject({ number, id }), (network, input) => {
    return { deleted: existing(network, input.number).phone.files.delete(input.id) };
  }),
  'phones.receipts': operation(z.strictObject({ number, id: id.optional() }), (network, input) => {
    const { receipts } = existing(network, input.number).phone;
    return { receipts: receipts.filter((receipt) => input.id === undefined || receipt.id === input.id) };
  }),
  'phones.chatstate': operation(
    z.strictObject({ number, to: z.string().max(128), state: z.enum(['composing', 'recording', 'paused']) }),
    (network, input) => {
      existing(network, input.number).phone.chatstate(input.to, input.state);
      return {};
    },
  ),
  'phones.online': operation(z.strictObject({ number, online: z.boolean() }), setOnline),
  'phones.unlink': operation(z.strictObject({ number, device: z.number().int().min(1) }), (network, input) => {
    existing(network, input.number).phone.unlink(input.device);
    return {};
  }),
};
