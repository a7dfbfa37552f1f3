import type { Asks } from '../../../asks.ts';
import type { Address } from '../../../port.ts';
import { lidUser, person } from '../address.ts';
import { child, children, node, textOf } from './nodes.ts';
import { type AskTools, jidOf, query, SERVER } from './tools.ts';

/** The account's own name, the line under it, and which picture it has. */
export async function readProfile(tools: AskTools): Promise<Asks['profile']['answer']> {
  const { me } = tools.live().sock.authState.creds;
  const jid = me?.id.replace(/:\d+@/, '@') ?? '';
  const attrs = { sid: `${Date.now()}`, mode: 'query', last: 'true', index: '0', context: 'interactive' };
  const list = node('list', {}, [node('user', { jid })]);
  const asked = node('usync', attrs, [node('query', {}, [node('status'), node('picture')]), list]);
  const answer = await query(tools, { to: SERVER, xmlns: 'usync', type: 'get' }, asked);
  const [user] = children(child(child(answer, 'usync'), 'list'), 'user');
  const name = me?.name === '~' ? undefined : me?.name;
  const pictureId = child(user, 'picture')?.attrs.id ?? null;
  return { name: name ?? null, about: textOf(child(user, 'status')) || null, pictureId };
}

/** Others see a new name with the next message or presence; it goes to the account's other devices as app state. */
export async function changeProfile(tools: AskTools, change: Asks['changeProfile']['input']): Promise<null> {
  const { sock, gate } = tools.live();
  if (change.about !== undefined) {
    await query(tools, { to: SERVER, xmlns: 'status', type: 'set' }, node('status', {}, Buffer.from(change.about)));
  }
  if (change.name === undefined) return null;
  await Promise.race([sock.updateProfileName(change.name), gate.whenClosed]);
  const { me } = sock.authState.creds;
  // Baileys keeps its own changes of app state to itself: told, it shows the name to WhatsApp and we keep it.
  if (me) sock.ev.emit('creds.update', { me: { ...me, name: change.name } });
  return null;
}

export async function readBlocked(tools: AskTools): Promise<Address[]> {
  const answer = await query(tools, { to: SERVER, xmlns: 'blocklist', type: 'get' });
  return children(child(answer, 'list'), 'item').flatMap(({ attrs }) => person(attrs.jid, attrs.pn_jid) ?? []);
}

/** Blocks or unblocks. WhatsApp keys its list on LIDs: one that is not known yet is asked for. */
export async function block(tools: AskTools, { person: who, blocked }: Asks['block']['input']): Promise<null> {
  const { sock } = tools.live();
  const jid = jidOf(who);
  const lid = who.kind === 'person' && who.lid !== undefined ? `${who.lid}@lid` : await lidOf(tools, jid);
  if (lid !== undefined && lidUser(jid) === undefined)
    await sock.signalRepository.lidMapping.storeLIDPNMappings([{ lid, pn: jid }]);
  const item = node('item', {
    action: blocked ? 'block' : 'unblock',
    jid: lid ?? jid,
    pn_jid: blocked && lidUser(jid) === undefined ? jid : undefined,
  });
  await query(tools, { to: SERVER, xmlns: 'blocklist', type: 'set' }, item);
  return null;
}

async function lidOf(tools: AskTools, jid: string): Promise<string | undefined> {
  return (await tools.live().sock.signalRepository.lidMapping.getLIDForPN(jid)) ?? undefined;
}
