import type { Address } from '../../engine/port.ts';
import type { Queryable } from '../../platform/db/port.ts';
import { storable } from '../../platform/storable.ts';
import { findByIdentities } from '../contacts/index.ts';
import { type NewEvent, recordEvents } from '../events/index.ts';
import { groupPictureEvent, listGroupIds } from '../groups/index.ts';
import { type SeenPicture, savePictures, subjectOf } from './store.ts';

/** A picture that was changed, as a device heard of it. */
export interface PictureOfDevice {
  workspaceId: string;
  deviceId: string;
  /** Null: the account's own. */
  of: Address | null;
  /** WhatsApp's name of it; null: there is none any more. */
  id: string | null;
  /** Unix milliseconds. */
  at: number;
}

async function eventOf(tx: Queryable, seen: SeenPicture): Promise<NewEvent> {
  const { workspaceId, deviceId, contactId, groupId, waId: pictureId } = seen;
  if (groupId !== null) return groupPictureEvent(tx, { workspaceId, deviceId, groupId, pictureId });
  const whose = { workspaceId, deviceId, subjectId: subjectOf(seen) };
  return contactId === null
    ? { ...whose, type: 'device.profile_updated', data: { deviceId, changed: ['picture'], pictureId } }
    : { ...whose, type: 'contact.picture_changed', data: { contactId, deviceId, pictureId } };
}

/**
 * Notes the pictures of subjects that are known here, in the caller's transaction, with an event for each that is another
 * one than before: what was noted already is not told again. Returns how many were.
 */
export async function savePicturesSeen(tx: Queryable, seen: readonly SeenPicture[]): Promise<number> {
  // Of several words on one picture the last is the one that holds.
  const latest = new Map(seen.map((one) => [`${one.deviceId} ${subjectOf(one)}`, one]));
  if (latest.size === 0) return 0;
  const changed = await savePictures(tx, [...latest.values()]);
  const events: NewEvent[] = [];
  for (const { device_id: deviceId, subject_id: subjectId } of changed) {
    const one = latest.get(`${deviceId} ${subjectId}`);
    if (one) events.push(await eventOf(tx, one));
  }
  await recordEvents(tx, events);
  return events.length;
}

/** Writes what WhatsApp told of pictures; of people and groups nobody here knows nothing is kept. Returns how much was news. */
export async function recordPictures(tx: Queryable, told: readonly PictureOfDevice[]): Promise<number> {
  if (told.length === 0) return 0;
  const changes = told.map(storable);
  const people = changes.flatMap(({ workspaceId, of }) =>
    of?.kind === 'person' ? [{ workspaceId, phone: of.phone ?? null, lid: of.lid ?? null }] : [],
  );
  const groups = changes.flatMap(({ workspaceId, deviceId, of }) =>
    of?.kind === 'group' ? [{ workspaceId, deviceId, waId: of.id }] : [],
  );
  const contacts = people.length === 0 ? [] : await findByIdentities(tx, people);
  const known = groups.length === 0 ? [] : await listGroupIds(tx, groups);
  const seen = changes.flatMap(({ workspaceId, deviceId, of, id, at }): SeenPicture[] => {
    const picture = { workspaceId, deviceId, waId: id, seenAt: new Date(at) };
    if (of === null) return [{ ...picture, contactId: null, groupId: null }];
    if (of.kind === 'group') {
      const group = known.find((row) => row.device_id === deviceId && row.wa_id === of.id);
      return group ? [{ ...picture, contactId: null, groupId: group.id }] : [];
    }
    if (of.kind === 'status') return [];
    const contact = contacts.find(
      (row) =>
        row.workspace_id === workspaceId &&
        ((of.phone !== undefined && row.phone === of.phone) || (of.lid !== undefined && row.lid === of.lid)),
    );
    return contact ? [{ ...picture, contactId: contact.id, groupId: null }] : [];
  });
  return savePicturesSeen(tx, seen);
}
