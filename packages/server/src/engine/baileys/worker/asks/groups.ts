import { randomBytes } from 'node:crypto';
import type { BinaryNode } from 'baileys';
import { type Asks, EngineAskError, type GroupChange, type GroupSnapshot, type JoinRequest } from '../../../asks.ts';
import { memberAddress, memberResults, readGroup } from './group-node.ts';
import { child, children, node } from './nodes.ts';
import { type AskTools, groupJid, jidOf, query } from './tools.ts';

type Input<K extends keyof Asks> = Asks[K]['input'];

const SERVER = '@g.us';
/** An id as WhatsApp Web makes them, for a creation or a description. */
const newKey = (): string => `3EB0${randomBytes(9).toString('hex').toUpperCase()}`;

const readQuery = (tools: AskTools, to: string, ask: BinaryNode) =>
  query(tools, { to, xmlns: 'w:g2', type: 'get' }, ask);

/** A request that changes the group of this id, or which groups there are. */
async function changeQuery(
  tools: AskTools,
  { id, to }: { id: string | null; to: string },
  ask: BinaryNode,
): Promise<BinaryNode> {
  tools.changing(id);
  try {
    return await query(tools, { to, xmlns: 'w:g2', type: 'set' }, ask);
  } finally {
    tools.changing(id);
  }
}

function known(group: GroupSnapshot | undefined): GroupSnapshot {
  if (!group) throw new EngineAskError('refused', 'WhatsApp answered without a group');
  return group;
}

const participants = (addresses: Input<'changeMembers'>['members']): BinaryNode[] =>
  addresses.map((address) => node('participant', { jid: jidOf(address) }));

export async function readOne(tools: AskTools, { id }: Input<'group'>): Promise<GroupSnapshot> {
  const answer = await readQuery(tools, groupJid(id), node('query', { request: 'interactive' }));
  return known(readGroup(child(answer, 'group')));
}

/** Every group the account is in. */
export async function readAll(tools: AskTools): Promise<GroupSnapshot[]> {
  const ask = node('participating', {}, [node('participants'), node('description')]);
  const answer = await readQuery(tools, SERVER, ask);
  return children(child(answer, 'groups'), 'group').flatMap((group) => readGroup(group) ?? []);
}

export async function create(tools: AskTools, { subject, members }: Input<'createGroup'>) {
  const ask = node('create', { subject, key: newKey() }, participants(members));
  const answer = child(await changeQuery(tools, { id: null, to: SERVER }, ask), 'group');
  return { group: known(readGroup(answer)), results: memberResults(answer) };
}

/** Each setting is a request of its own. When one is refused, those before it stand: the group is read again. */
export async function change(tools: AskTools, { id, change: wanted }: Input<'changeGroup'>): Promise<GroupSnapshot> {
  try {
    for (const ask of await settings(tools, id, wanted)) await changeQuery(tools, { id, to: groupJid(id) }, ask);
  } catch (error) {
    tools.readAgain(id);
    throw error;
  }
  return readOne(tools, { id });
}

const either = (on: boolean | undefined, [yes, no]: [string, string]): BinaryNode[] =>
  on === undefined ? [] : [node(on ? yes : no)];

async function settings(tools: AskTools, id: string, wanted: GroupChange): Promise<BinaryNode[]> {
  const { subject, description, announce, locked, memberAdd, joinApproval, ephemeralSeconds } = wanted;
  const mode = memberAdd === 'all' ? 'all_member_add' : 'admin_add';
  const state = joinApproval ? 'on' : 'off';
  return [
    ...(subject === undefined ? [] : [node('subject', {}, Buffer.from(subject))]),
    ...(description === undefined ? [] : [await describing(tools, id, description)]),
    ...either(announce, ['announcement', 'not_announcement']),
    ...either(locked, ['locked', 'unlocked']),
    ...(memberAdd === undefined ? [] : [node('member_add_mode', {}, mode)]),
    ...(joinApproval === undefined ? [] : [node('membership_approval_mode', {}, [node('group_join', { state })])]),
    ...(ephemeralSeconds === undefined ? [] : [ephemeral(ephemeralSeconds)]),
  ];
}

const ephemeral = (seconds: number): BinaryNode =>
  seconds > 0 ? node('ephemeral', { expiration: String(seconds) }) : node('not_ephemeral');

/** WhatsApp takes a description only from who names the one it replaces. */
async function describing(tools: AskTools, id: string, text: string): Promise<BinaryNode> {
  const answer = await readQuery(tools, groupJid(id), node('query', { request: 'interactive' }));
  const prev = child(child(answer, 'group'), 'description')?.attrs.id;
  if (text === '') return node('description', { delete: 'true', prev });
  return node('description', { id: newKey(), prev }, [node('body', {}, Buffer.from(text))]);
}

export async function changeMembers(tools: AskTools, { id, action, members }: Input<'changeMembers'>) {
  const answer = await changeQuery(tools, { id, to: groupJid(id) }, node(action, {}, participants(members)));
  const results = memberResults(child(answer, action));
  return { results, group: await afterwards(tools, id) };
}

export async function decide(tools: AskTools, { id, decision, members }: Input<'decideJoinRequests'>) {
  const ask = node('membership_requests_action', {}, [node(decision, {}, participants(members))]);
  const answer = await changeQuery(tools, { id, to: groupJid(id) }, ask);
  const results = memberResults(child(child(answer, 'membership_requests_action'), decision));
  return { results, group: await afterwards(tools, id) };
}

// The change is done: should reading it back fail, it is read later, and the caller is not told that nothing happened.
async function afterwards(tools: AskTools, id: string): Promise<GroupSnapshot> {
  try {
    return await readOne(tools, { id });
  } catch (error) {
    tools.readAgain(id);
    throw error;
  }
}

export async function invite(tools: AskTools, { id, renew }: Input<'groupInvite'>): Promise<{ code: string }> {
  const ask = node('invite');
  const to = groupJid(id);
  const answer = renew ? await changeQuery(tools, { id, to }, ask) : await readQuery(tools, to, ask);
  const code = child(answer, 'invite')?.attrs.code;
  if (!code) throw new EngineAskError('refused', 'WhatsApp gave no invite link');
  return { code };
}

export async function join(tools: AskTools, { code }: Input<'joinGroup'>): Promise<Asks['joinGroup']['answer']> {
  const answer = await changeQuery(tools, { id: null, to: SERVER }, node('invite', { code }));
  const joined = child(answer, 'group')?.attrs.jid?.split('@')[0];
  if (joined) return { id: joined, group: await afterwards(tools, joined) };
  const waiting = child(answer, 'membership_approval_request')?.attrs.jid?.split('@')[0];
  if (waiting) return { id: waiting, group: null };
  throw new EngineAskError('refused', 'WhatsApp named no group');
}

export async function joinRequests(tools: AskTools, { id }: Input<'joinRequests'>): Promise<JoinRequest[]> {
  const answer = await readQuery(tools, groupJid(id), node('membership_approval_requests'));
  const list = child(answer, 'membership_approval_requests');
  return children(list, 'membership_approval_request').flatMap((item) => {
    const address = memberAddress(item);
    const seconds = Number(item.attrs.request_time);
    return address ? [{ address, ...(seconds > 0 ? { requestedAt: seconds * 1000 } : {}) }] : [];
  });
}

export async function leave(tools: AskTools, { id }: Input<'leaveGroup'>): Promise<null> {
  await changeQuery(tools, { id, to: SERVER }, node('leave', {}, [node('group', { id: groupJid(id) })]));
  return null;
}
