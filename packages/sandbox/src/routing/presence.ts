import type { Account } from '../accounts.ts';
import { isGroup } from '../codec/jid.ts';
import { children, type Node, node } from '../codec/node.ts';
import type { Connection } from '../connection.ts';
import { type Core, nowSeconds } from '../core.ts';
import { addressOf, deliver } from './deliver.ts';
import { selfAddress } from './receipts.ts';

/** Typing goes to everybody in the chat who is connected. */
export function routeChatstate(core: Core, connection: Connection, item: Node): void {
  const me = connection.device;
  const { to } = item.attrs;
  if (!me || !to) return;
  const state = children(item)[0];
  const name = state?.tag === 'composing' && state.attrs.media === 'audio' ? 'recording' : (state?.tag ?? 'paused');
  const self = selfAddress(core, me);
  const group = isGroup(to);
  const attrs = group ? { from: to, participant: self } : { from: self };
  const users = group ? [...(core.groups.get(to)?.members.keys() ?? [])] : [core.registry.byJid(to)?.user ?? ''];
  for (const user of users) {
    const account = core.registry.byUser(user, 'pn');
    if (!account || account === me.account) continue;
    account.phone.typing.set(me.account.jid, name);
    core.events.emit('phoneChatstate', account, me.account.jid, name);
    for (const device of account.devices.values()) deliver(core, device, node('chatstate', attrs, children(item)));
  }
}

/** Own availability, a new push name, or a subscription to somebody else's presence. */
export function routePresence(core: Core, connection: Connection, item: Node): void {
  const me = connection.device;
  if (!me) return;
  const { type, to, name } = item.attrs;
  if (type === 'subscribe') {
    subscribe(core, connection, to);
    return;
  }
  if (name !== undefined && name !== '') me.account.name = name;
  if (type !== 'available' && type !== 'unavailable') return;
  for (const reader of me.account.presenceReaders) {
    deliver(core, reader, node('presence', { from: selfAddress(core, me), type, last: lastSeen(type) }));
  }
}

/** Online is who has the phone on the network or a linked device connected. */
const seenState = (account: Account): 'available' | 'unavailable' =>
  account.phone.online || account.online ? 'available' : 'unavailable';

/** A phone came online or went: who follows its presence is told. */
export function announceOnline(core: Core, account: Account): void {
  const type = seenState(account);
  for (const reader of account.presenceReaders)
    deliver(
      core,
      reader,
      node('presence', { from: addressOf(account, core.options.addressing), type, last: lastSeen(type) }),
    );
}

function subscribe(core: Core, connection: Connection, to: string | undefined): void {
  const account = core.registry.byJid(to);
  if (!account || !connection.device || !to) return;
  account.presenceReaders.add(connection.device);
  const type = seenState(account);
  connection.send(node('presence', { from: to, type, last: lastSeen(type) }));
}

const lastSeen = (type: string): string | undefined => (type === 'unavailable' ? nowSeconds() : undefined);
