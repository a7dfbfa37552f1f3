import type { Account } from './accounts.ts';
import { lidJid } from './codec/jid.ts';
import { type Node, node } from './codec/node.ts';
import type { Core } from './core.ts';
import type { Picture } from './pictures.ts';

export type Role = 'superadmin' | 'admin' | 'member';

export interface Group {
  readonly jid: string;
  readonly owner: string;
  /** Seconds since 1970. */
  readonly created: number;
  /** Members by phone number. */
  readonly members: Map<string, Role>;
  subject: string;
  description: string;
  announcement: boolean;
  locked: boolean;
  /** Disappearing-message time in seconds; 0 is off. */
  ephemeral: number;
  invite: string;
  /** Whether every member may add others. */
  openToAdd: boolean;
  /** Whether who comes by the link waits for an admin. */
  approval: boolean;
  /** Who waits to be let in, and since when (seconds since 1970). */
  readonly requests: Map<string, number>;
  /** Who left by themselves: only the invite link brings them back. */
  readonly left: Set<string>;
  picture: Picture | undefined;
}

/** Makes a group; the first user owns it. Every user is an account afterwards. */
export function createGroup(core: Core, subject: string, users: readonly string[]): Group {
  const owner = users[0] ?? '';
  const group: Group = {
    jid: `1203630${String(core.random.bytes(6).readUIntBE(0, 6)).padStart(11, '0').slice(0, 11)}@g.us`,
    owner,
    created: Math.floor(Date.now() / 1000),
    members: new Map(users.map((user) => [core.registry.ensure(user).user, user === owner ? 'superadmin' : 'member'])),
    subject,
    description: '',
    announcement: false,
    locked: false,
    ephemeral: 0,
    invite: newInvite(core),
    openToAdd: false,
    approval: false,
    requests: new Map(),
    left: new Set(),
    picture: undefined,
  };
  core.groups.set(group.jid, group);
  core.events.emit('changed');
  return group;
}

export const newInvite = (core: Core): string => core.random.bytes(12).toString('base64url');

export const isAdmin = (group: Group, user: string): boolean =>
  group.members.has(user) && group.members.get(user) !== 'member';

export function groupsOf(core: Core, user: string): Group[] {
  return [...core.groups.values()].filter((group) => group.members.has(user));
}

/** `jid` in the network's form with the other form beside it, as in group metadata. */
export function participantAttrs(core: Core, account: Account): Record<string, string> {
  if (core.options.addressing === 'lid') return { jid: account.lid, phone_number: account.jid };
  return { jid: account.jid, lid: account.lid };
}

/** The `<group>` element clients read metadata from. */
export function groupNode(core: Core, group: Group): Node {
  const owner = core.registry.ensure(group.owner);
  const lid = core.options.addressing === 'lid';
  const creator = lid ? lidJid(owner.lidUser) : owner.jid;
  const created = String(group.created);
  const content = Array.from(group.members, ([user, role]) =>
    node('participant', {
      ...participantAttrs(core, core.registry.ensure(user)),
      type: role === 'member' ? undefined : role,
    }),
  );
  if (group.description !== '') {
    const body = node('body', {}, Buffer.from(group.description));
    content.push(node('description', { id: 'D1', t: created, participant: creator }, [body]));
  }
  if (group.announcement) content.push(node('announcement'));
  if (group.locked) content.push(node('locked'));
  content.push(node('member_add_mode', {}, group.openToAdd ? 'all_member_add' : 'admin_add'));
  if (group.approval) {
    content.push(node('membership_approval_mode', {}, [node('group_join', { state: 'on' })]));
  }
  if (group.ephemeral > 0) content.push(node('ephemeral', { expiration: String(group.ephemeral) }));
  return node(
    'group',
    {
      id: group.jid.slice(0, group.jid.indexOf('@')),
      subject: group.subject,
      s_t: created,
      s_o: creator,
      creation: created,
      creator,
      creator_pn: lid ? owner.jid : undefined,
      s_o_pn: lid ? owner.jid : undefined,
      addressing_mode: core.options.addressing,
      size: String(group.members.size),
    },
    content,
  );
}
