import type { Companion } from '../accounts.ts';
import { child, children, type Node, node, text } from '../codec/node.ts';
import { type Core, nowSeconds } from '../core.ts';
import {
  announceCreation,
  changeMembers,
  changeSubject,
  decideRequests,
  joinByLink,
  leaveGroup,
  type MemberAction,
  mayChangeMembers,
  type Outcome,
  renewInvite,
} from '../group-changes.ts';
import { createGroup, type Group, groupNode, groupsOf, isAdmin, participantAttrs } from '../groups.ts';
import { announceGroup } from './announce-group.ts';
import { failure, type Request, result } from './reply.ts';

const MEMBER_ACTIONS = new Set(['add', 'remove', 'promote', 'demote']);
/** What the server refuses to who is no admin, besides changes of members and of settings. */
const ADMINS_ONLY = new Set(['invite', 'membership_approval_requests', 'membership_requests_action']);

/** What every member may change while the group is not locked. */
const OF_EVERYBODY = new Set(['subject', 'description', 'ephemeral', 'not_ephemeral']);

/** `w:g2`: making, reading, changing and leaving groups. Members hear of every change. */
export function handleGroups(request: Request): Node {
  const { core, device, ask, iq } = request;
  if (!device || !ask) return failure(request, 400, 'bad-request');
  if (ask.tag === 'create') return create(request, device, ask);
  if (ask.tag === 'participating') {
    return result(request, [
      node(
        'groups',
        {},
        groupsOf(core, device.account.user).map((item) => groupNode(core, item)),
      ),
    ]);
  }
  if (ask.tag === 'leave') return leave(request, device, ask);
  if (ask.tag === 'invite' && ask.attrs.code !== undefined) return join(request, device, ask.attrs.code);
  const group = core.groups.get(iq.attrs.to ?? '');
  if (!group) return failure(request, 404, 'item-not-found');
  if (!group.members.has(device.account.user)) return failure(request, 403, 'forbidden');
  if (ask.tag === 'query') return result(request, [groupNode(core, group)]);
  return change(request, { device, group, ask });
}

function jidsIn(ask: Node | undefined): string[] {
  return children(ask, 'participant').flatMap((item) => item.attrs.jid ?? []);
}

function outcomeNodes(core: Core, outcomes: readonly Outcome[]): Node[] {
  return outcomes.map(({ jid, account, code }) => {
    const invite = code === 403 ? [node('add_request', { code: 'sandbox', expiration: nowSeconds() })] : [];
    const attrs = account ? participantAttrs(core, account) : { jid };
    return node('participant', { ...attrs, error: code === 200 ? undefined : String(code) }, invite);
  });
}

function create(request: Request, device: Companion, ask: Node): Node {
  const { core } = request;
  const by = device.account;
  const group = createGroup(core, ask.attrs.subject ?? '', [by.user]);
  const known = jidsIn(ask).filter((jid) => core.registry.byJid(jid) !== by);
  // Everyone in it hears of the whole group instead.
  const outcomes = changeMembers(core, group, { by, device, action: 'add', jids: known, quiet: true });
  announceCreation(core, group, { by, device });
  const made = groupNode(core, group);
  const refused = outcomeNodes(
    core,
    outcomes.filter(({ code }) => code !== 200),
  );
  return result(request, [{ ...made, content: [...children(made), ...refused] }]);
}

function leave(request: Request, device: Companion, ask: Node): Node {
  const { core } = request;
  const left = children(ask, 'group').flatMap((item) => {
    const group = core.groups.get(item.attrs.id ?? '');
    if (!group || !leaveGroup(core, group, { by: device.account, device })) return [];
    return [node('group', { id: item.attrs.id, code: '200' })];
  });
  return result(request, [node('leave', {}, left)]);
}

function join(request: Request, device: Companion, code: string): Node {
  const found = joinByLink(request.core, code, { by: device.account, device });
  if (!found) return failure(request, 406, 'not-acceptable');
  const { jid } = found.group;
  return result(request, [node(found.joined ? 'group' : 'membership_approval_request', { jid })]);
}

interface Change {
  readonly device: Companion;
  readonly group: Group;
  readonly ask: Node;
}

function isMemberAction(tag: string): tag is MemberAction {
  return MEMBER_ACTIONS.has(tag);
}

function change(request: Request, { device, group, ask }: Change): Node {
  const { core, iq } = request;
  const by = device.account;
  const { tag } = ask;
  if (isMemberAction(tag)) {
    if (!mayChangeMembers(group, by.user, tag)) return failure(request, 403, 'forbidden');
    const outcomes = changeMembers(core, group, { by, device, action: tag, jids: jidsIn(ask) });
    return result(request, [node(tag, {}, outcomeNodes(core, outcomes))]);
  }
  const admins = ADMINS_ONLY.has(tag) || group.locked || !OF_EVERYBODY.has(tag);
  if (admins && !isAdmin(group, by.user)) return failure(request, 403, 'forbidden');
  if (tag === 'invite') {
    const code = iq.attrs.type === 'set' ? renewInvite(core, group) : group.invite;
    return result(request, [node('invite', { code })]);
  }
  if (tag.startsWith('membership_') && tag !== 'membership_approval_mode') return requests(request, group, ask);
  if (tag === 'subject') {
    changeSubject(core, group, { by, device, subject: text(ask) });
    return result(request);
  }
  const notice = applySetting(group, ask);
  if (!notice) return failure(request, 501, 'feature-not-implemented');
  announceGroup(core, { group, by, change: notice }, device);
  core.events.emit('changed');
  return result(request);
}

/** Who asks to join, and what becomes of them. */
function requests(request: Request, group: Group, ask: Node): Node {
  const { core } = request;
  if (ask.tag === 'membership_approval_requests') {
    const list = Array.from(group.requests, ([user, at]) =>
      node('membership_approval_request', {
        ...participantAttrs(core, core.registry.ensure(user)),
        request_time: String(at),
      }),
    );
    return result(request, [node(ask.tag, {}, list)]);
  }
  const decided = children(ask).flatMap((item) => {
    if (item.tag !== 'approve' && item.tag !== 'reject') return [];
    const outcomes = decideRequests(core, group, { decision: item.tag, jids: jidsIn(item) });
    return [node(item.tag, {}, outcomeNodes(core, outcomes))];
  });
  return result(request, [node('membership_requests_action', {}, decided)]);
}

/** Applies a setting and returns what members are told; undefined when it is unknown. */
function applySetting(group: Group, ask: Node): Node | undefined {
  switch (ask.tag) {
    case 'description':
      group.description = ask.attrs.delete === 'true' ? '' : text(child(ask, 'body'));
      return node('description', { id: 'D1' }, [node('body', {}, Buffer.from(group.description))]);
    case 'announcement':
    case 'not_announcement':
      group.announcement = ask.tag === 'announcement';
      return node(ask.tag);
    case 'locked':
    case 'unlocked':
      group.locked = ask.tag === 'locked';
      return node(ask.tag);
    case 'ephemeral':
    case 'not_ephemeral':
      group.ephemeral = Number(ask.attrs.expiration ?? 0);
      return node(ask.tag, { expiration: ask.attrs.expiration });
    case 'member_add_mode':
      group.openToAdd = text(ask) === 'all_member_add';
      return node(ask.tag, {}, text(ask));
    case 'membership_approval_mode':
      group.approval = child(ask, 'group_join')?.attrs.state === 'on';
      return node(ask.tag, {}, children(ask));
    default:
      return undefined;
  }
}
