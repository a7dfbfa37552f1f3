import type { BinaryNode } from 'baileys';
import type { GroupSnapshot, MemberResult, MemberRole } from '../../../asks.ts';
import type { Address } from '../../../port.ts';
import { person } from '../address.ts';
import { child, children, textOf } from './nodes.ts';

const ROLES: Record<string, MemberRole> = { superadmin: 'owner', admin: 'admin' };

/** Who a `<participant>` or request is, under every name the node gives. */
export function memberAddress({ attrs }: BinaryNode): Address | undefined {
  return person(attrs.jid, attrs.phone_number, attrs.lid);
}

function members(group: BinaryNode): GroupSnapshot['members'] {
  return children(group, 'participant').flatMap((item) => {
    const address = memberAddress(item);
    // In the answer to a creation those who could not be added stand among the members.
    const left = item.attrs.error !== undefined && item.attrs.error !== '200';
    return address && !left ? [{ address, role: ROLES[item.attrs.type ?? ''] ?? 'member' }] : [];
  });
}

/** Reads a `<group>` element. Undefined when it names no group. */
export function readGroup(group: BinaryNode | undefined): GroupSnapshot | undefined {
  const id = group?.attrs.id?.split('@')[0];
  if (!group || !id) return undefined;
  const created = Number(group.attrs.creation);
  return {
    id,
    subject: group.attrs.subject ?? '',
    description: textOf(child(child(group, 'description'), 'body')),
    ...(Number.isSafeInteger(created) && created > 0 ? { createdAt: created * 1000 } : {}),
    announce: child(group, 'announcement') !== undefined,
    locked: child(group, 'locked') !== undefined,
    memberAdd: textOf(child(group, 'member_add_mode')) === 'all_member_add' ? 'all' : 'admins',
    joinApproval: child(group, 'membership_approval_mode') !== undefined,
    ephemeralSeconds: Number(child(group, 'ephemeral')?.attrs.expiration ?? 0) || 0,
    members: members(group),
  };
}

/** What became of each `<participant>` of an answer; one without `error` is done. */
export function memberResults(answer: BinaryNode | undefined): MemberResult[] {
  return children(answer, 'participant').flatMap((item) => {
    const address = memberAddress(item);
    return address ? [{ address, code: Number(item.attrs.error ?? 200) || 500 }] : [];
  });
}
