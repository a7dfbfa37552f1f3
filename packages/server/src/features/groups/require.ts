import { z } from 'zod';
import type { GroupSnapshot, MemberResult } from '../../engine/asks.ts';
import type { Address } from '../../engine/port.ts';
import type { OperationContext } from '../../operations/context.ts';
import { pathId } from '../../operations/fields.ts';
import { WapingError } from '../../platform/errors.ts';
import { findContact } from '../contacts/index.ts';
import { applyGroups } from './apply.ts';
import { showMembers } from './member-store.ts';
import { type resultSchema, toGroup, toMember, toResult, type wholeGroupSchema } from './schemas.ts';
import { findGroup, type ShownGroupRow } from './store.ts';

export const groupParams = z.strictObject({ groupId: pathId('grp', 'The group.') });

/** What every operation that asks WhatsApp about a group may answer. */
export const GROUP_ERRORS = [
  'NOT_FOUND',
  'SESSION_DISCONNECTED',
  'CONFLICT',
  'RATE_LIMITED',
  'SERVICE_UNAVAILABLE',
] as const;

/** The group of this workspace. Throws NOT_FOUND. */
export async function requireGroup(ctx: OperationContext, groupId: string): Promise<ShownGroupRow> {
  const row = await findGroup(ctx.tx, ctx.workspace.id, groupId);
  if (!row) throw new WapingError('NOT_FOUND', 'no such group', { param: 'groupId' });
  return row;
}

/** A group the account is in. Throws NOT_FOUND, and CONFLICT once it left. */
export async function requireJoined(ctx: OperationContext, groupId: string): Promise<ShownGroupRow> {
  const row = await requireGroup(ctx, groupId);
  if (row.left_at !== null) throw new WapingError('CONFLICT', 'the account is not in this group', { param: 'groupId' });
  return row;
}

/** A person as a caller named them, and as WhatsApp is to find them. */
export interface NamedPerson {
  member: string;
  address: Extract<Address, { kind: 'person' }>;
}

/** Finds the people a caller names, each once. Throws NOT_FOUND for a contact that does not exist. */
export async function resolveMembers(ctx: OperationContext, members: readonly string[]): Promise<NamedPerson[]> {
  const found: NamedPerson[] = [];
  for (const member of new Set(members)) {
    if (member.startsWith('+')) found.push({ member, address: { kind: 'person', phone: member } });
    else {
      const contact = await findContact(ctx.tx, ctx.workspace.id, member);
      if (!contact) throw new WapingError('NOT_FOUND', 'no such contact', { param: 'members' });
      const { phone, lid } = contact;
      found.push({ member, address: { kind: 'person', ...(phone ? { phone } : {}), ...(lid ? { lid } : {}) } });
    }
  }
  return found;
}

/** What became of each person asked about, by either of their names; WhatsApp keeps the order where it gives other names. */
export function resultsOf(
  people: readonly NamedPerson[],
  results: readonly MemberResult[],
  adding: boolean,
): z.output<typeof resultSchema>[] {
  const isOf = ({ address }: NamedPerson, { address: other }: MemberResult) =>
    other.kind === 'person' &&
    ((address.phone !== undefined && address.phone === other.phone) ||
      (address.lid !== undefined && address.lid === other.lid));
  return people.map((person, at) => {
    const named = results.find((result) => isOf(person, result));
    const placed = results.length === people.length ? results[at] : undefined;
    return toResult(person.member, named ?? placed, adding);
  });
}

/** Records what WhatsApp says a group is now, in the call's transaction. */
export async function recordGroup(ctx: OperationContext, deviceId: string, group: GroupSnapshot): Promise<string> {
  const [id] = await applyGroups(ctx.tx, [{ workspaceId: ctx.workspace.id, deviceId, group }]);
  ctx.afterCommit(() => ctx.wake.events());
  return id ?? '';
}

/** A group with its members, as it is stored now. */
export async function showGroup(ctx: OperationContext, groupId: string): Promise<z.output<typeof wholeGroupSchema>> {
  const row = await requireGroup(ctx, groupId);
  const members = await showMembers(ctx.tx, ctx.workspace.id, groupId);
  return { ...toGroup(row), members: members.map(toMember) };
}
