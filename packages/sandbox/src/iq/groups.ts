import type { Account, Companion } from '../accounts.ts';
import { child, children, type Node, node, text } from '../codec/node.ts';
import { type Core, nowSeconds, stanzaId } from '../core.ts';
import { createGroup, type Group, groupNode, groupsOf, participantAttrs, type Role } from '../groups.ts';
import { addressOf, deliver } from '../routing/deliver.ts';
import { failure, type Request, result } from './reply.ts';

const ROLE_AFTER: Record<string, Role | undefined> = { add: 'member', promote: 'admin', demote: 'member' };

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
  const group = core.groups.get(iq.attrs.to ?? '');
  if (!group) return failure(request, 404, 'item-not-found');
  if (!group.members.has(device.account.user)) return failure(request, 403, 'forbidden');
  if (ask.tag === 'query') return result(request, [groupNode(core, group)]);
  return change(request, { device, group, ask });
}

function accountsIn(core: Core, ask: Node): Account[] {
  return children(ask, 'participant').flatMap((item) => core.registry.byJid(item.attrs.jid) ?? []);
}

function create(request: Request, device: Companion, ask: Node): Node {
  const { core } = request;
  const users = [device.account.user, ...accountsIn(core, ask).map((account) => account.user)];
  const group = createGroup(core, ask.attrs.subject ?? '', [...new Set(users)]);
  announceGroup(
    core,
    { group, by: device.account, change: node('create', { type: 'new' }, [groupNode(core, group)]) },
    device,
  );
  return result(request, [groupNode(core, group)]);
}

function leave(request: Request, device: Companion, ask: Node): Node {
  const { core } = request;
  const left = children(ask, 'group').flatMap((item) => {
    const group = core.groups.get(item.attrs.id ?? '');
    if (!group?.members.has(device.account.user)) return [];
    const gone = node('remove', {}, [node('participant', participantAttrs(core, device.account))]);
    announceGroup(core, { group, by: device.account, change: gone }, device);
    group.members.delete(device.account.user);
    return [node('group', { id: item.attrs.id, code: '200' })];
  });
  core.events.emit('changed');
  return result(request, [node('leave', {}, left)]);
}

interface Change {
  readonly device: Companion;
  readonly group: Group;
  readonly ask: Node;
}

function change(request: Request, { device, group, ask }: Change): Node {
  const { core } = request;
  const by = device.account;
  if (ask.tag === 'invite') return result(request, [node('invite', { code: group.invite })]);
  if (ask.tag in ROLE_AFTER || ask.tag === 'remove') return changeMembers(request, { device, group, ask });
  const notice = applySetting(group, ask);
  if (!notice) return failure(request, 501, 'feature-not-implemented');
  announceGroup(core, { group, by, change: notice }, device);
  core.events.emit('changed');
  return result(request);
}

/** Applies a setting and returns what members are told; undefined when it is unknown. */
function applySetting(group: Group, ask: Node): Node | undefined {
  switch (ask.tag) {
    case 'subject':
      group.subject = text(ask);
      return node('subject', { subject: group.subject, s_t: nowSeconds() });
    case 'description':
      group.description = text(child(ask, 'body'));
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
    default:
      return undefined;
  }
}

function changeMembers(request: Request, { device, group, ask }: Change): Node {
  const { core } = request;
  const accounts = accountsIn(core, ask);
  const participants = accounts.map((account) => node('participant', participantAttrs(core, account)));
  const notice = { group, by: device.account, change: node(ask.tag, {}, participants) };
  if (ask.tag === 'remove') announceGroup(core, notice, device);
  for (const { user } of accounts) {
    const role = ROLE_AFTER[ask.tag];
    if (role === undefined) group.members.delete(user);
    else group.members.set(user, role);
  }
  if (ask.tag !== 'remove') announceGroup(core, notice, device);
  core.events.emit('changed');
  const done = accounts.map((account) =>
    node('participant', { jid: addressOf(account, core.options.addressing), error: '200' }),
  );
  return result(request, [node(ask.tag, {}, done)]);
}

export interface GroupNotice {
  readonly group: Group;
  readonly by: Account;
  readonly change: Node;
}

/** Tells every device of every member, except the one that made the change. */
export function announceGroup(core: Core, { group, by, change: item }: GroupNotice, except?: Companion): void {
  const lid = core.options.addressing === 'lid';
  const author = lid
    ? { participant: by.lid, participant_pn: by.jid }
    : { participant: by.jid, participant_lid: by.lid };
  for (const user of group.members.keys()) {
    for (const device of core.registry.ensure(user).devices.values()) {
      if (device === except) continue;
      const attrs = { id: stanzaId(core, 'g'), type: 'w:gp2', from: group.jid, ...author, t: nowSeconds() };
      const more = { notify: by.name, addressing_mode: core.options.addressing };
      deliver(core, device, node('notification', { ...attrs, ...more }, [item]));
    }
  }
}
