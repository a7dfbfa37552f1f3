import { faultsOf, isReachOutLocked } from '../account-faults.ts';
import type { Account, Companion, Endpoint } from '../accounts.ts';
import { isGroup, isLid, parseJid, STATUS } from '../codec/jid.ts';
import { child, children, type Node, node } from '../codec/node.ts';
import type { Connection } from '../connection.ts';
import { type Core, nowSeconds } from '../core.ts';
import { magicBehaviour } from '../magic.ts';
import { groupAttrs } from '../phone/sending.ts';
import { acknowledge } from './acks.ts';
import { deliver } from './deliver.ts';

const NOT_FOUND = 404;
const FORBIDDEN = 403;
const REACH_OUT_LOCKED = 463;
const STRUCTURE = new Set(['participants', 'enc', 'device-identity']);

/** One message stanza on its way from a linked device to everybody it is for. */
interface Outgoing {
  readonly core: Core;
  readonly sender: Companion;
  readonly item: Node;
  readonly id: string;
  readonly to: string;
  readonly t: string;
  /** Group address or status broadcast. */
  readonly group: string | undefined;
}

/** Routes a message, then acknowledges it: once the sender sees the ack, every recipient has it or has it queued. */
export function routeMessage(core: Core, connection: Connection, item: Node): void {
  const sender = connection.device;
  const { id, to } = item.attrs;
  if (!sender || !id || !to) return;
  core.stats.messages++;
  const group = isGroup(to) || to === STATUS ? to : undefined;
  const out: Outgoing = { core, sender, item, id, to, group, t: nowSeconds() };
  const refusal = refusalOf(out);
  if (refusal === undefined) fanOut(out);
  acknowledge(core, connection, { id, to, t: out.t, error: refusal });
}

/** Error code the server answers with instead of routing; undefined to go on. */
function refusalOf({ core, sender, to, group }: Outgoing): number | undefined {
  const own = faultsOf(core.faults, sender.account.user);
  const nack = own.nack ?? core.faults.nack;
  if (nack !== undefined) return nack;
  if (group === STATUS) return undefined;
  if (group !== undefined) {
    const known = core.groups.get(group);
    if (!known) return NOT_FOUND;
    return known.members.has(sender.account.user) ? undefined : FORBIDDEN;
  }
  const account = core.registry.byJid(to);
  if (!account) return NOT_FOUND;
  const isStranger = account !== sender.account && !sender.account.heardFrom.has(account.user);
  if (isStranger && isReachOutLocked(own)) return REACH_OUT_LOCKED;
  const { nackFor } = core.faults;
  return nackFor.get(account.user) ?? nackFor.get(account.lidUser) ?? magicBehaviour(account.user).nack;
}

function fanOut(out: Outgoing): void {
  const { item } = out;
  const shared = children(item, 'enc');
  if (out.group === undefined || item.attrs.participant) {
    for (const to of children(child(item, 'participants'), 'to')) handTo(out, to.attrs.jid, children(to, 'enc'));
    if (shared.length > 0) handTo(out, item.attrs.participant ?? out.to, shared);
    return;
  }
  const own = new Map<Endpoint, Node[]>();
  for (const to of children(child(item, 'participants'), 'to')) {
    const endpoint = out.core.registry.endpoint(to.attrs.jid);
    if (endpoint) own.set(endpoint, children(to, 'enc'));
  }
  for (const account of audience(out, own)) {
    for (const endpoint of [account.phone, ...account.devices.values()]) {
      if (endpoint !== out.sender) hand(out, endpoint, [...(own.get(endpoint) ?? []), ...shared]);
    }
  }
}

/** Members of the group; for a status, whoever the sender named. */
function audience({ core, group }: Outgoing, named: Map<Endpoint, Node[]>): Set<Account> {
  if (group === STATUS) return new Set(Array.from(named.keys(), (endpoint) => endpoint.account));
  const members = core.groups.get(group ?? '')?.members.keys() ?? [];
  return new Set(Array.from(members, (user) => core.registry.ensure(user)));
}

function handTo(out: Outgoing, jid: string | undefined, encs: Node[]): void {
  const endpoint = out.core.registry.endpoint(jid);
  if (endpoint) hand(out, endpoint, encs);
}

function hand(out: Outgoing, endpoint: Endpoint, encs: Node[]): void {
  if (endpoint.kind === 'companion') {
    deliver(out.core, endpoint, forCompanion(out, endpoint, encs));
    return;
  }
  const { sender, item, group } = out;
  const lid = group === undefined ? isLid(out.to) : out.core.options.addressing === 'lid';
  const own = endpoint.account === sender.account;
  endpoint.receive({
    id: out.id,
    t: out.t,
    sender,
    sentTo: own ? (item.attrs.recipient ?? out.to) : out.to,
    group,
    form: lid ? 'lid' : 'pn',
    own,
    peer: item.attrs.category === 'peer',
    encs,
    attempt: Number(encs[0]?.attrs.count ?? 0),
  });
}

function forCompanion(out: Outgoing, target: Companion, encs: Node[]): Node {
  const { core, sender, item } = out;
  const identity = child(item, 'device-identity');
  const extra = children(item).filter((part) => !STRUCTURE.has(part.tag));
  const attrs = {
    id: out.id,
    type: item.attrs.type,
    t: out.t,
    notify: sender.account.name,
    edit: item.attrs.edit,
    category: item.attrs.category,
    ...(out.group === undefined ? pairAttrs(out, target) : groupAttrs(core, { jid: out.group }, sender)),
  };
  return node('message', attrs, [...encs, ...(identity ? [identity] : []), ...extra]);
}

function pairAttrs(out: Outgoing, target: Companion): Record<string, string> {
  const { core, sender } = out;
  const lid = isLid(out.to) || core.options.addressing === 'lid';
  const from = lid ? sender.lid : sender.jid;
  const mode = { addressing_mode: lid ? 'lid' : 'pn' };
  if (target.account !== sender.account) {
    return lid ? { from, sender_pn: sender.account.jid, ...mode } : { from, sender_lid: sender.account.lid, ...mode };
  }
  if (out.item.attrs.category === 'peer') return { from, ...mode };
  const chat = out.item.attrs.recipient ?? out.to;
  const other = core.registry.byUser(parseJid(chat)?.user ?? '', isLid(chat) ? 'lid' : 'pn');
  if (!other) return { from, recipient: chat, ...mode };
  return lid
    ? { from, recipient: other.lid, peer_recipient_pn: other.jid, ...mode }
    : { from, recipient: other.jid, peer_recipient_lid: other.lid, ...mode };
}
