import type { Account, Companion } from '../accounts.ts';
import { parseJid, SERVER } from '../codec/jid.ts';
import type { Node } from '../codec/node.ts';
import type { Core } from '../core.ts';
import type { PhoneReceipt } from '../phone/phone.ts';

const TRANSIENT = new Set(['presence', 'chatstate', 'ib']);

/** Hands a stanza to a linked device. It stays queued until confirmed, unless it only matters right now. */
export function deliver(core: Core, device: Companion, item: Node): void {
  if (item.tag === 'message') noteWriter(core, device, item);
  if (!TRANSIENT.has(item.tag)) {
    device.queue.push(item);
    core.events.emit('changed');
  }
  if (device.connection?.ready) device.connection.send(item);
}

/** A person who wrote once is one the account may always write to. */
function noteWriter(core: Core, { account }: Companion, item: Node): void {
  const writer = core.registry.byJid(item.attrs.participant ?? item.attrs.from);
  if (writer && writer !== account) account.heardFrom.add(writer.user);
}

/** Address of an account in the given form. */
export function addressOf(account: Account, form: 'pn' | 'lid'): string {
  return form === 'lid' ? account.lid : account.jid;
}

export interface ReceiptFields {
  readonly id: string;
  /** Absent: delivered. */
  readonly type: string | undefined;
  readonly from: Account;
  /** Group or broadcast the message was in. */
  readonly group: string | undefined;
  readonly form: 'pn' | 'lid';
  readonly t: string;
  readonly content?: Node[] | undefined;
}

/** Tells every device and the phone of `author` what happened to one of its messages. */
export function deliverReceipt(core: Core, author: Account, receipt: ReceiptFields): void {
  const self = addressOf(receipt.from, receipt.form);
  const attrs: Record<string, string> = { id: receipt.id, from: receipt.group ?? self };
  if (receipt.type !== undefined) attrs.type = receipt.type;
  if (receipt.group !== undefined) attrs.participant = self;
  attrs.t = receipt.t;
  const item: Node = receipt.content ? { tag: 'receipt', attrs, content: receipt.content } : { tag: 'receipt', attrs };
  for (const device of author.devices.values()) deliver(core, device, item);
  author.phone.noteReceipt(phoneReceipt(receipt), item);
}

function phoneReceipt({ id, type, from, group }: ReceiptFields): PhoneReceipt {
  return { id, type: type ?? 'delivered', from: from.jid, chat: group ?? from.jid, at: Date.now() };
}

/** Phone-number form of any user address; other addresses stay as they are. */
export function canonicalChat(core: Core, jid: string): string {
  const parsed = parseJid(jid);
  if (!parsed || (parsed.server !== 'lid' && parsed.server !== SERVER)) return jid;
  return core.registry.byUser(parsed.user, parsed.server)?.jid ?? jid;
}
