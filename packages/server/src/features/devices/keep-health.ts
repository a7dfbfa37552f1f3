import type { SessionHealth } from '../../engine/port.ts';
import type { Db } from '../../platform/db/port.ts';
import { type NewEvent, recordEvents } from '../events/index.ts';
import { type Health, isNews, judgeHealth } from './health-score.ts';
import { type HealthWrite, type MeasuredRow, measureDevices, writeHealth } from './health-store.ts';
import { toDevice } from './schemas.ts';
import { listens } from './state.ts';

/** The signs of life of one device; null where its session did not answer. */
export interface Measured {
  deviceId: string;
  live: SessionHealth | null;
}

/** What health is judged by, of a device and its session. */
export function healthOf(row: MeasuredRow, live: SessionHealth | null, now: Date): Health {
  const { state, stateReason: reason } = toDevice(row);
  return judgeHealth({ state, reason, live, drops: row.drops, lostGaps: row.lost_gaps, now });
}

function toWrite(
  row: MeasuredRow,
  of: { live: SessionHealth | null; health: Health; isTold: boolean; now: Date },
): HealthWrite {
  const { live, health, isTold, now } = of;
  const isListening = listens({ state: row.state, reason: row.state_reason });
  return {
    workspaceId: row.workspace_id,
    deviceId: row.id,
    score: health.score,
    reasons: health.reasons,
    live,
    seenAt: isListening && live?.lastFrameAt !== undefined ? new Date(live.lastFrameAt) : null,
    // The first measurement is no change: nothing was told before it.
    toldScore: isTold || row.told_score === null ? health.score : row.told_score,
    toldAt: isTold ? now : row.told_at,
  };
}

function healthEvent(row: MeasuredRow, health: Health): NewEvent {
  return {
    workspaceId: row.workspace_id,
    deviceId: row.id,
    subjectId: row.id,
    type: 'device.health_changed',
    data: { device: toDevice(row), previousState: row.state, health: { ...health, previousScore: row.told_score } },
  };
}

/** Keeps what a node measured of the devices it holds, and tells of those whose health changed. */
export async function keepHealth(db: Db, measured: readonly Measured[], now: Date): Promise<void> {
  const lives = new Map(measured.map(({ deviceId, live }) => [deviceId, live]));
  const rows = await measureDevices(db, { workspaceId: null, ids: [...lives.keys()] });
  // Watched from its first connection on: before that nobody calls it well.
  const watched = rows.filter(
    (row) => row.told_score !== null || listens({ state: row.state, reason: row.state_reason }),
  );
  if (watched.length === 0) return;
  const judged = watched.map((row) => {
    const live = lives.get(row.id) ?? null;
    const health = healthOf(row, live, now);
    const told = row.told_score === null ? null : { score: row.told_score, at: row.told_at };
    return { row, live, health, isTold: told !== null && isNews(health.score, told, now), now };
  });
  await db.tx(async (tx) => {
    await writeHealth(
      tx,
      judged.map((one) => toWrite(one.row, one)),
      now,
    );
    await recordEvents(
      tx,
      judged.flatMap(({ row, health, isTold }) => (isTold ? [healthEvent(row, health)] : [])),
    );
  });
}
