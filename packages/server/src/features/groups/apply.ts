import type { GroupSnapshot } from '../../engine/asks.ts';
import type { Queryable } from '../../platform/db/port.ts';
import { newId } from '../../platform/ids.ts';
import { storable } from '../../platform/storable.ts';
import { type NewEvent, recordEvents } from '../events/index.ts';
import { changedFields, hasDifference, memberDifference, membersOf, rowOf, sameMembers } from './difference.ts';
import { listMembers, type MemberRow, replaceMembers } from './member-store.ts';
import { toGroup } from './schemas.ts';
import { findGroup, type GroupRow, insertGroup, lockGroups, lockOtherGroups, markLeft, updateGroup } from './store.ts';

export interface GroupOfDevice {
  workspaceId: string;
  deviceId: string;
  group: GroupSnapshot;
}

interface Change {
  of: GroupOfDevice;
  id: string;
  /** Null for a group that was not known. */
  before: GroupRow | null;
  members: readonly MemberRow[];
}

async function eventOf(
  tx: Queryable,
  { of, id }: { of: Pick<GroupOfDevice, 'workspaceId' | 'deviceId'>; id: string },
  type: string,
  more: object = {},
): Promise<NewEvent> {
  const { workspaceId, deviceId } = of;
  const row = await findGroup(tx, workspaceId, id);
  if (!row) throw new Error('a group written in this transaction is not visible to it');
  return { workspaceId, deviceId, subjectId: id, type, data: { group: toGroup(row), ...more } };
}

/** The event of a change of its picture, which the group does not hold: the id stands beside it. */
export function groupPictureEvent(
  tx: Queryable,
  change: { workspaceId: string; deviceId: string; groupId: string; pictureId: string | null },
): Promise<NewEvent> {
  const { groupId: id, pictureId, ...device } = change;
  return eventOf(tx, { of: device, id }, 'group.updated', { changed: ['picture'], pictureId });
}

/** Writes one group that differs and returns the events that tell of it. */
async function write(tx: Queryable, change: Change): Promise<NewEvent[]> {
  const { of, id, before } = change;
  const { workspaceId, deviceId } = of;
  const after = rowOf({ id, workspaceId, deviceId }, of.group);
  const members = membersOf(of.group);
  const difference = memberDifference(change.members, members);
  const fields = before ? changedFields(before, after) : [];
  const rejoined = before !== null && before.left_at !== null;
  if (before && (fields.length > 0 || rejoined)) await updateGroup(tx, after);
  if (!sameMembers(change.members, members)) await replaceMembers(tx, { workspaceId, deviceId, groupId: id }, members);
  if (!before) return [await eventOf(tx, change, 'group.created')];
  if (rejoined) return [await eventOf(tx, change, 'group.joined')];
  return [
    ...(fields.length > 0 ? [await eventOf(tx, change, 'group.updated', { changed: fields })] : []),
    ...(hasDifference(difference) ? [await eventOf(tx, change, 'group.participants_changed', { ...difference })] : []),
  ];
}

const nameOf = ({ deviceId, group }: GroupOfDevice): string => `${deviceId} ${group.id}`;
const keyOf = ({ workspaceId, deviceId, group }: GroupOfDevice) => ({ workspaceId, deviceId, waId: group.id });

/** The row of a group, made where it is missing: `before` is then null. */
async function known(tx: Queryable, of: GroupOfDevice, rows: readonly GroupRow[]) {
  const { workspaceId, deviceId, group } = of;
  const found = rows.find((row) => row.device_id === deviceId && row.wa_id === group.id);
  if (found) return { id: found.id, before: found };
  const id = newId('grp');
  if (await insertGroup(tx, rowOf({ id, workspaceId, deviceId }, group))) return { id, before: null };
  const [raced] = await lockGroups(tx, [keyOf(of)]);
  if (!raced) throw new Error('a group that is there cannot be read');
  return { id: raced.id, before: raced };
}

async function membersByGroup(tx: Queryable, places: readonly Change[]): Promise<Map<string, MemberRow[]>> {
  const byGroup = new Map<string, MemberRow[]>();
  for (const workspaceId of new Set(places.map(({ of }) => of.workspaceId))) {
    const ids = places.filter(({ of }) => of.workspaceId === workspaceId).map(({ id }) => id);
    for (const member of await listMembers(tx, workspaceId, ids)) {
      const others = byGroup.get(member.group_id);
      if (others) others.push(member);
      else byGroup.set(member.group_id, [member]);
    }
  }
  return byGroup;
}

/**
 * Makes what is stored of groups what WhatsApp says they are, with an event for each difference, in the caller's
 * transaction. Returns their ids in the order given; a group that is as it was costs no write.
 */
export async function applyGroups(tx: Queryable, snapshots: readonly GroupOfDevice[]): Promise<string[]> {
  if (snapshots.length === 0) return [];
  // Of several words on one group the last is the one that holds.
  const latest = new Map(snapshots.map((of) => [nameOf(of), storable(of)]));
  const groups = [...latest.values()];
  const rows = await lockGroups(tx, groups.map(keyOf));
  const places: Change[] = [];
  for (const of of groups) places.push({ of, ...(await known(tx, of, rows)), members: [] });
  const byGroup = await membersByGroup(tx, places);
  const events: NewEvent[] = [];
  for (const place of places) events.push(...(await write(tx, { ...place, members: byGroup.get(place.id) ?? [] })));
  await recordEvents(tx, events);
  const ids = new Map(places.map(({ of, id }) => [nameOf(of), id]));
  return snapshots.map((of) => ids.get(nameOf(of)) ?? '');
}

interface DeviceAt {
  workspaceId: string;
  deviceId: string;
  now: Date;
}

async function leave(
  tx: Queryable,
  { workspaceId, deviceId, now }: DeviceAt,
  rows: readonly GroupRow[],
): Promise<void> {
  const there = rows.filter((row) => row.left_at === null);
  if (there.length === 0) return;
  const ids = there.map(({ id }) => id);
  await markLeft(tx, workspaceId, ids, now);
  const data = (row: GroupRow) => ({ groupId: row.id, deviceId, subject: row.subject, leftAt: now.toISOString() });
  await recordEvents(
    tx,
    there.map((row) => ({ workspaceId, deviceId, subjectId: row.id, type: 'group.left', data: data(row) })),
  );
}

/** The account is in this group no more. */
export async function applyLeft(tx: Queryable, device: DeviceAt & { waId: string }): Promise<void> {
  await leave(tx, device, await lockGroups(tx, [device]));
}

/** The account is in these groups and in no others. */
export async function applyKnown(tx: Queryable, device: DeviceAt & { waIds: readonly string[] }): Promise<void> {
  await leave(tx, device, await lockOtherGroups(tx, { ...device, except: device.waIds }));
}
