import type { Account, Companion } from '../accounts.ts';
import { isLid, parseJid, pnJid } from '../codec/jid.ts';
import { child, children, type Node, node, text } from '../codec/node.ts';
import { nowSeconds } from '../core.ts';
import { otherForm } from '../number-forms.ts';
import { failure, type Request, result } from './reply.ts';

/** `usync`: who is on the network, under which LID, with which devices, and what they say about themselves. */
export function handleUsync(request: Request): Node {
  const { ask } = request;
  if (!ask) return failure(request, 400, 'bad-request');
  const wanted = children(child(ask, 'query')).map((item) => item.tag);
  const users = children(child(ask, 'list'), 'user').map((user) => answerUser(request, user, wanted));
  const { sid, context } = ask.attrs;
  const attrs = { sid, mode: 'query', last: 'true', index: '0', context: context ?? 'interactive' };
  const summary = node(
    'result',
    {},
    wanted.map((tag) => node(tag)),
  );
  return result(request, [node('usync', attrs, [summary, node('list', {}, users)])]);
}

function answerUser({ core, device }: Request, user: Node, wanted: readonly string[]): Node {
  const number = text(child(user, 'contact')).replace(/\D/g, '');
  const asked = user.attrs.jid ?? (number === '' ? undefined : pnJid(number));
  const parsed = parseJid(asked);
  const found = parsed ? core.registry.byUser(parsed.user, parsed.server) : undefined;
  // A number in the form the account was not made under is answered under the one it was.
  const other = found || number === '' ? undefined : otherForm(number);
  const account = found ?? (other === undefined ? undefined : core.registry.byUser(other, 'pn'));
  const jid = !found && account ? account.jid : parsed ? `${parsed.user}@${parsed.server}` : '';
  const answers = wanted.flatMap((tag) => answerProtocol(tag, account, number) ?? []);
  if (account && device && wanted.includes('devices')) remember(account, device, isLid(jid) ? 'lid' : 'pn');
  return node('user', { jid }, answers);
}

function answerProtocol(tag: string, account: Account | undefined, number: string): Node | undefined {
  if (tag === 'contact') {
    const repeated = number === '' ? undefined : Buffer.from(`+${number}`);
    return node('contact', { type: account ? 'in' : 'out' }, repeated);
  }
  if (!account) return undefined;
  switch (tag) {
    case 'lid':
      return node('lid', { val: account.lid });
    case 'devices':
      return devices(account);
    case 'status':
      return node('status', { t: nowSeconds() }, Buffer.from(account.about));
    case 'picture':
      return account.picture === undefined ? undefined : node('picture', { id: account.picture.id });
    case 'disappearing_mode':
      return node('disappearing_mode', { duration: '0', t: '0' });
    default:
      return undefined;
  }
}

function devices(account: Account): Node {
  const list = [node('device', { id: '0' })];
  for (const { id } of account.devices.values()) list.push(node('device', { id: String(id), 'key-index': String(id) }));
  return node('devices', {}, [
    node('device-list', { hash: '2:sandbox' }, list),
    node('key-index-list', { ts: nowSeconds() }),
  ]);
}

/** Whoever fetched the device list hears when it changes. */
function remember(account: Account, device: Companion, form: 'pn' | 'lid'): void {
  const forms = account.deviceListReaders.get(device) ?? new Set<'pn' | 'lid'>();
  account.deviceListReaders.set(device, forms.add(form));
}
