import { deleteOldGaps } from '../features/devices/index.ts';
import { deleteEventsOfType } from '../features/events/index.ts';
import { deleteUnclaimedChanges } from '../features/messages/index.ts';
import { deleteOldDeliveries } from '../features/webhooks/index.ts';
import { deleteOldReplies } from '../operations/idempotency/store.ts';
import type { Db, Queryable } from '../platform/db/port.ts';
import type { Logger } from '../platform/log.ts';
import { deleteOldAudiences } from './audience-store.ts';
import { deleteOldUploads } from './media-store.ts';
import { UPLOADS_KEPT_DAYS } from './uploads.ts';

const HOUR_MS = 3600_000;
const DAY_MS = 24 * HOUR_MS;
const KEEP_REPLIES_MS = 7 * DAY_MS;
/** Edits and reactions wait this long for the message they are about. */
const KEEP_CHANGES_MS = 7 * DAY_MS;
/** Who was online when is nobody's concern for longer. */
const KEEP_PRESENCES_MS = DAY_MS;
/** A status update can be taken back for two days and twelve hours, and its revoke may wait for a device. */
const KEEP_AUDIENCES_MS = 7 * DAY_MS;
const KEEP_GAPS_MS = 30 * DAY_MS;
const KEEP_DELIVERIES_MS = 30 * DAY_MS;
/**
 * Rows one statement deletes at most: some milliseconds, and far from any statement's time limit. No fewer while others
 * call, as each looks past all that those before it deleted.
 */
const PIECE = 200;

/** Deletes at most so many rows of what is old; returns how many. */
type CleanUp = (db: Queryable, limit: number) => Promise<number>;

const cleanUps = (now: number): Record<string, CleanUp> => ({
  replies: (db, limit) => deleteOldReplies(db, new Date(now - KEEP_REPLIES_MS), limit),
  uploads: (db, limit) => deleteOldUploads(db, UPLOADS_KEPT_DAYS, limit),
  presences: (db, limit) =>
    deleteEventsOfType(db, 'presence.changed', { before: new Date(now - KEEP_PRESENCES_MS), limit }),
  audiences: (db, limit) => deleteOldAudiences(db, new Date(now - KEEP_AUDIENCES_MS), limit),
  gaps: (db, limit) => deleteOldGaps(db, new Date(now - KEEP_GAPS_MS), limit),
  deliveries: (db, limit) => deleteOldDeliveries(db, new Date(now - KEEP_DELIVERIES_MS), limit),
  changes: (db, limit) => deleteUnclaimedChanges(db, new Date(now - KEEP_CHANGES_MS), limit),
});

/**
 * Deletes what was kept for long enough, of all workspaces, in pieces that no caller waits long for. Each kind is done
 * whatever becomes of the others. Ends early, between two pieces, once `isOver` says so.
 */
export async function cleanUp(services: { db: Db; log: Logger }, now: number, isOver: () => boolean): Promise<void> {
  const { db, log } = services;
  const patient = db.patient([]);
  for (const [what, forget] of Object.entries(cleanUps(now))) {
    try {
      let done = PIECE;
      while (done === PIECE && !isOver()) done = await forget(patient, PIECE);
    } catch (error) {
      log.error({ err: error, what }, 'not all that is old was deleted; the next round goes on');
    }
  }
}
