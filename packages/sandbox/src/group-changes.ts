import type { Account, Companion } from './accounts.ts';
import { node } from './codec/node.ts';
import { type Core, nowSeconds } from './core.ts';
import { type Group, groupNode, isAdmin, newInvite, participantAttrs, type Role } from './groups.ts';
import { announceGroup } from './iq/announce-group.ts';

/** Who changes a group: an account, from one of its linked devices or from its phone. */
export interface Changer {
  readonly by: Account;
  /** The device that did it; the others hear of it. */
  readonly device?: Companion | undefined;
}

export type MemberAction = 'add' | 'remove' | 'promote' | 'demote';

/** What became of one person, in WhatsApp's codes: 200, 403 (only by invite), 404, 408 (left by themselves), 409. */
export interface Outcome {
  readonly jid: string;
  readonly account: Account | undefined;
  readonly code: number;
}

const ROLE_AFTER: Record<MemberAction, Role | undefined> = {
  add: 'member',
  promote: 'admin',
  demote: 'member',
  remove: undefined,
};

/** Whether somebody may change who is in a group. */
export function mayChangeMembers(group: Group, user: string, action: MemberAction): boolean {
  return isAdmin(group, user) || (action === 'add' && group.openToAdd && group.members.has(user));
}

function codeFor(group: Group, action: MemberAction, account: Account | undefined): number {
  if (!account) return 404;
  const there = group.members.has(account.user);
  if (action !== 'add') return there ? 200 : 404;
  if (there) return 409;
  if (group.left.has(account.user)) return 408;
  return account.onlyByInvite ? 403 : 200;
}

function tellMembers(
  core: Core,
  group: Group,
  { by, device, tag, accounts }: Changer & { tag: string; accounts: readonly Account[] },
): void {
  const participants = accounts.map((account) => node('participant', participantAttrs(core, account)));
  announceGroup(core, { group, by, change: node(tag, {}, participants) }, device);
}

/** Changes who is in a group, as far as it goes, and tells its members unless `quiet`. The caller has checked the right to. */
export function changeMembers(
  core: Core,
  group: Group,
  request: Changer & { action: MemberAction; jids: readonly string[]; quiet?: boolean },
): Outcome[] {
  const { action, quiet = false } = request;
  const outcomes = request.jids.map((jid): Outcome => {
    const account = core.registry.byJid(jid);
    return { jid, account, code: codeFor(group, action, account) };
  });
  const accounts = outcomes.flatMap(({ account, code }) => (account && code === 200 ? [account] : []));
  if (accounts.length === 0) return outcomes;
  if (action === 'remove') tellMembers(core, group, { ...request, tag: action, accounts });
  for (const { user } of accounts) {
    const role = ROLE_AFTER[action];
    if (role === undefined) group.members.delete(user);
    else group.members.set(user, role);
  }
  if (action !== 'remove' && !quiet) tellMembers(core, group, { ...request, tag: action, accounts });
  core.events.emit('changed');
  return outcomes;
}

/** Takes the account out of the group. False when it was not in it. */
export function leaveGroup(core: Core, group: Group, changer: Changer): boolean {
  const { user } = changer.by;
  if (!group.members.has(user)) return false;
  tellMembers(core, group, { ...changer, tag: 'remove', accounts: [changer.by] });
  group.members.delete(user);
  group.left.add(user);
  core.events.emit('changed');
  return true;
}

/** Joins by the invite link: in it, waiting for an admin, or undefined for a link that leads nowhere. */
export function joinByLink(core: Core, code: string, changer: Changer): { group: Group; joined: boolean } | undefined {
  const group = [...core.groups.values()].find((one) => one.invite === code);
  if (!group) return undefined;
  const { user } = changer.by;
  if (group.members.has(user)) return { group, joined: true };
  if (group.approval) {
    group.requests.set(user, Number(nowSeconds()));
    core.events.emit('changed');
    return { group, joined: false };
  }
  enter(core, group, changer);
  return { group, joined: true };
}

function enter(core: Core, group: Group, changer: Changer): void {
  const { by } = changer;
  group.members.set(by.user, 'member');
  group.left.delete(by.user);
  group.requests.delete(by.user);
  announceGroup(
    core,
    { group, by, change: node('add', { reason: 'invite' }, [node('participant', participantAttrs(core, by))]) },
    changer.device,
  );
  core.events.emit('changed');
}

/** Lets people in who asked, or not. */
export function decideRequests(
  core: Core,
  group: Group,
  request: { decision: 'approve' | 'reject'; jids: readonly string[] },
): Outcome[] {
  return request.jids.map((jid) => {
    const account = core.registry.byJid(jid);
    if (!account || !group.requests.delete(account.user)) return { jid, account, code: 404 };
    if (request.decision === 'approve') enter(core, group, { by: account });
    core.events.emit('changed');
    return { jid, account, code: 200 };
  });
}

/** Gives the group another invite link. */
export function renewInvite(core: Core, group: Group): string {
  group.invite = newInvite(core);
  core.events.emit('changed');
  return group.invite;
}

/** Changes the subject and tells the members. */
export function changeSubject(core: Core, group: Group, changer: Changer & { subject: string }): void {
  group.subject = changer.subject;
  const change = node('subject', { subject: group.subject, s_t: nowSeconds() });
  announceGroup(core, { group, by: changer.by, change }, changer.device);
  core.events.emit('changed');
}

/** Says whether only admins change subject, description and picture, and tells the members. */
export function changeLocked(core: Core, group: Group, changer: Changer & { locked: boolean }): void {
  group.locked = changer.locked;
  announceGroup(core, { group, by: changer.by, change: node(group.locked ? 'locked' : 'unlocked') }, changer.device);
  core.events.emit('changed');
}

/** Tells an account's devices of a group that was made with it. */
export function announceCreation(core: Core, group: Group, changer: Changer): void {
  const change = node('create', { type: 'new' }, [groupNode(core, group)]);
  announceGroup(core, { group, by: changer.by, change }, changer.device);
}
