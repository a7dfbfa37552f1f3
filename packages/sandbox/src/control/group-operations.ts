import { z } from 'zod';
import type { Account } from '../accounts.ts';
import { SandboxError } from '../errors.ts';
import {
  changeLocked,
  changeMembers,
  changeSubject,
  joinByLink,
  leaveGroup,
  type MemberAction,
  mayChangeMembers,
} from '../group-changes.ts';
import { type Group, groupsOf } from '../groups.ts';
import type { Network } from '../network-api.ts';
import { number, operation } from './define.ts';

const jid = z.string().max(128);
const inGroup = z.strictObject({ number, group: jid });

function accountOf(network: Network, user: string): Account {
  const account = network.core.registry.byUser(user, 'pn');
  if (!account) throw new SandboxError('NOT_ON_WHATSAPP', `there is no phone with the number +${user}`);
  return account;
}

function groupOf(network: Network, address: string): Group {
  const group = network.core.groups.get(address);
  if (!group) throw new SandboxError('NOT_FOUND', `there is no group ${address}`);
  return group;
}

export function groupView(network: Network, group: Group) {
  const { jid: address, subject, description, announcement, locked, ephemeral, invite, openToAdd, approval } = group;
  return {
    jid: address,
    subject,
    description,
    announcement,
    locked,
    ephemeral,
    invite,
    openToAdd,
    approval,
    members: Array.from(group.members, ([user, role]) => ({ number: `+${user}`, role })),
    requests: Array.from(group.requests.keys(), (user) => `+${network.core.registry.ensure(user).user}`),
  };
}

function change(network: Network, input: { number: string; group: string; action: MemberAction; members: string[] }) {
  const [by, group] = [accountOf(network, input.number), groupOf(network, input.group)];
  if (!mayChangeMembers(group, by.user, input.action)) throw new SandboxError('BAD_REQUEST', 'this phone is no admin');
  const jids = input.members.map((user) => accountOf(network, user).jid);
  const outcomes = changeMembers(network.core, group, { by, action: input.action, jids });
  return { results: outcomes.map(({ code }, at) => ({ number: `+${input.members[at]}`, code })) };
}

function join(network: Network, input: { number: string; code: string }) {
  const found = joinByLink(network.core, input.code, { by: accountOf(network, input.number) });
  if (!found) throw new SandboxError('NOT_FOUND', 'this invite link leads nowhere');
  return { jid: found.group.jid, joined: found.joined };
}

/** What a person does with groups on a phone. */
export const groupOperations = {
  'groups.create': operation(
    z.strictObject({ subject: z.string().min(1).max(100), members: z.array(number).min(1).max(1_024) }),
    (network, input) => ({ jid: network.group(input.subject, input.members).jid }),
  ),
  'groups.get': operation(z.strictObject({ group: jid }), (network, input) =>
    groupView(network, groupOf(network, input.group)),
  ),
  'groups.of': operation(z.strictObject({ number }), (network, input) => ({
    groups: groupsOf(network.core, accountOf(network, input.number).user).map((group) => groupView(network, group)),
  })),
  'groups.members': operation(
    inGroup.extend({
      action: z.enum(['add', 'remove', 'promote', 'demote']),
      members: z.array(number).min(1).max(1_024),
    }),
    change,
  ),
  'groups.subject': operation(inGroup.extend({ subject: z.string().min(1).max(100) }), (network, input) => {
    const group = groupOf(network, input.group);
    changeSubject(network.core, group, { by: accountOf(network, input.number), subject: input.subject });
    return groupView(network, group);
  }),
  'groups.lock': operation(inGroup.extend({ locked: z.boolean() }), (network, input) => {
    const group = groupOf(network, input.group);
    changeLocked(network.core, group, { by: accountOf(network, input.number), locked: input.locked });
    return groupView(network, group);
  }),
  'groups.leave': operation(inGroup, (network, input) => ({
    left: leaveGroup(network.core, groupOf(network, input.group), { by: accountOf(network, input.number) }),
  })),
  'groups.join': operation(z.strictObject({ number, code: z.string().min(1).max(64) }), join),
  /** Whether others may add this number to groups, or only send it the link. */
  'accounts.onlyByInvite': operation(z.strictObject({ number, on: z.boolean() }), (network, input) => {
    accountOf(network, input.number).onlyByInvite = input.on;
    return {};
  }),
};
