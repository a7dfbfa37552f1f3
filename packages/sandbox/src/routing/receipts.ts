import type { Companion } from '../accounts.ts';
import { isGroup, isLid, STATUS } from '../codec/jid.ts';
import { child, children, type Node, node } from '../codec/node.ts';
import type { Connection } from '../connection.ts';
import { type Core, nowSeconds } from '../core.ts';
import { uploadAgain } from '../phone/reupload.ts';
import { sendAgain } from '../phone/sending.ts';
import { addressOf, canonicalChat, deliver, deliverReceipt } from './deliver.ts';

/** Receipts that only concern the account itself. */
const SILENT = new Set(['peer_msg', 'hist_sync', 'sender']);
const SELF = new Set(['read-self', 'played-self']);

/** Routes a linked device's receipt, and takes what it confirms out of the device's queue. */
export function routeReceipt(core: Core, connection: Connection, item: Node): void {
  const me = connection.device;
  const { id, to, type, participant } = item.attrs;
  if (!me || !id || !to) return;
  connection.send(node('ack', { id, class: 'receipt', from: to, type, participant }));
  core.events.emit('receipt', me, item);
  if (type === 'retry') {
    routeRetry(core, me, item);
    return;
  }
  if (type === 'server-error') {
    const { phone } = me.account;
    if (phone.online) phone.enqueue(() => uploadAgain(phone, me, item));
    return;
  }
  for (const confirmed of receiptIds(item, id)) me.queue.confirm({ class: 'message', id: confirmed });
  core.events.emit('changed');
  if (type !== undefined && SILENT.has(type)) return;
  if (type !== undefined && SELF.has(type)) {
    mirrorRead(core, me, item);
    return;
  }
  const group = isGroup(to) || to === STATUS ? to : undefined;
  const author = core.registry.byJid(group === undefined ? to : participant);
  if (!author) return;
  deliverReceipt(core, author, {
    id,
    type: type === 'inactive' ? undefined : type,
    from: me.account,
    group,
    form: isLid(group === undefined ? to : (participant ?? '')) ? 'lid' : 'pn',
    t: nowSeconds(),
    content: Array.isArray(item.content) ? item.content : undefined,
  });
  if (type === 'read') mirrorRead(core, me, item);
}

/** The id of the receipt and of everything in its `<list>`. */
export function receiptIds(item: Node, first: string): string[] {
  const listed = children(child(item, 'list'), 'item').flatMap((entry) => entry.attrs.id ?? []);
  return [first, ...listed];
}

/** The account's other devices and its phone see the chat as read. */
function mirrorRead(core: Core, me: Companion, item: Node): void {
  const { id = '', to = '' } = item.attrs;
  const attrs = { id, from: me.account.jid, recipient: to, type: 'read', t: nowSeconds() };
  const content = Array.isArray(item.content) ? item.content : undefined;
  for (const device of me.account.devices.values()) {
    if (device !== me) deliver(core, device, node('receipt', attrs, content));
  }
  const chat = canonicalChat(core, to);
  for (const entry of me.account.phone.inbox.entriesOf(chat, receiptIds(item, id))) entry.read = true;
}

function routeRetry(core: Core, me: Companion, item: Node): void {
  const { id = '', to = '', participant } = item.attrs;
  const target = core.registry.endpoint(participant ?? to);
  if (!target) return;
  if (target.kind === 'phone') {
    target.enqueue(() => sendAgain(target, me, item));
    return;
  }
  const lid = isLid(participant ?? to);
  const self = lid ? me.lid : me.jid;
  const attrs = {
    id,
    type: 'retry',
    from: participant === undefined ? self : to,
    participant: participant === undefined ? undefined : self,
    recipient: target.account === me.account ? item.attrs.recipient : undefined,
    t: nowSeconds(),
  };
  deliver(core, target, node('receipt', attrs, Array.isArray(item.content) ? item.content : []));
}

/** A linked device's ack: what it names has arrived. */
export function acceptAck(core: Core, connection: Connection, item: Node): void {
  const { id, class: kind, type, participant } = item.attrs;
  if (!connection.device || !id || !kind) return;
  if (connection.device.queue.confirm({ class: kind, id, type, participant })) core.events.emit('changed');
}

/** Address of the account behind a device, for stanzas that name no device. */
export function selfAddress(core: Core, me: Companion): string {
  return addressOf(me.account, core.options.addressing);
}
