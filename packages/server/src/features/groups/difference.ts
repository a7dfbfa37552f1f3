import type { GroupSnapshot } from '../../engine/asks.ts';
import type { MemberRow } from './member-store.ts';
import type { GroupRow } from './store.ts';

export type Member = Omit<MemberRow, 'group_id'>;
type Written = Omit<GroupRow, 'created_at' | 'left_at'>;

/** One person as events name it. */
export interface NamedMember {
  phone: string | null;
  lid: string | null;
}

/** What is different in who is in a group, by name and by role. */
export interface MemberDifference {
  added: NamedMember[];
  removed: NamedMember[];
  promoted: NamedMember[];
  demoted: NamedMember[];
}

/** The row a snapshot makes. */
export function rowOf(key: { id: string; workspaceId: string; deviceId: string }, group: GroupSnapshot): Written {
  return {
    id: key.id,
    workspace_id: key.workspaceId,
    device_id: key.deviceId,
    wa_id: group.id,
    subject: group.subject,
    description: group.description,
    announce: group.announce,
    locked: group.locked,
    member_add: group.memberAdd,
    join_approval: group.joinApproval,
    ephemeral_seconds: group.ephemeralSeconds,
    founded_at: group.createdAt === undefined ? null : new Date(group.createdAt),
  };
}

/** The members a snapshot names, each once. */
export function membersOf(group: GroupSnapshot): Member[] {
  const members = group.members.flatMap(({ address, role }): Member[] =>
    address.kind === 'person' ? [{ phone: address.phone ?? null, lid: address.lid ?? null, role }] : [],
  );
  return [...new Map(members.map((one) => [one.phone ?? one.lid, one])).values()];
}

/** Columns of a group and their names in the API. */
const FIELDS = [
  ['subject', 'subject'],
  ['description', 'description'],
  ['announce', 'announce'],
  ['locked', 'locked'],
  ['member_add', 'memberAdd'],
  ['join_approval', 'joinApproval'],
  ['ephemeral_seconds', 'ephemeralSeconds'],
] as const;

/** Which fields of the API differ between two states of a group. */
export function changedFields(before: GroupRow, after: Written): string[] {
  return FIELDS.flatMap(([column, field]) => (before[column] === after[column] ? [] : [field]));
}

const RANK = { member: 0, admin: 1, owner: 2 } as const;
const named = ({ phone, lid }: Member): NamedMember => ({ phone, lid });

/** Finds people under either name, in time that does not grow with the square of the group. */
class People {
  readonly #byName = new Map<string, Member>();

  constructor(members: readonly Member[]) {
    for (const member of members)
      for (const name of [member.phone, member.lid]) if (name !== null) this.#byName.set(name, member);
  }

  find({ phone, lid }: Member): Member | undefined {
    return (phone === null ? undefined : this.#byName.get(phone)) ?? (lid === null ? undefined : this.#byName.get(lid));
  }
}

export function memberDifference(before: readonly Member[], after: readonly Member[]): MemberDifference {
  const [old, fresh] = [new People(before), new People(after)];
  const moved = after.flatMap((now) => {
    const was = old.find(now);
    return was && RANK[was.role] !== RANK[now.role] ? [{ now, up: RANK[now.role] > RANK[was.role] }] : [];
  });
  return {
    added: after.filter((member) => !old.find(member)).map(named),
    removed: before.filter((member) => !fresh.find(member)).map(named),
    promoted: moved.filter(({ up }) => up).map(({ now }) => named(now)),
    demoted: moved.filter(({ up }) => !up).map(({ now }) => named(now)),
  };
}

export const hasDifference = (difference: MemberDifference): boolean =>
  Object.values(difference).some((list) => list.length > 0);

/** Whether the rows themselves differ, names learnt included. */
export function sameMembers(before: readonly Member[], after: readonly Member[]): boolean {
  const text = (list: readonly Member[]) => list.map(({ phone, lid, role }) => `${phone} ${lid} ${role}`).sort();
  return before.length === after.length && text(before).join() === text(after).join();
}
