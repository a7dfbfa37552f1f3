import type { SessionHealth } from '../../engine/port.ts';
import { carriesMessages, type DeviceState, REACH_OUT_LOCKED } from './state.ts';

/** Something that keeps a device from being well, and what it costs. */
export interface HealthReason {
  /** Stable. */
  code: string;
  /** For people. */
  message: string;
  points: number;
}

export interface Health {
  /** 0 to 100. */
  score: number;
  reasons: HealthReason[];
}

/** What health is judged by. */
export interface Vitals {
  state: DeviceState;
  reason: string;
  /** Null where nobody measured it lately. */
  live: SessionHealth | null;
  /** Connections lost in the last hour. */
  drops: number;
  /** Gaps of the last day that could not be filled. */
  lostGaps: number;
  now: Date;
}

/** From here on a device is called healthy. */
export const HEALTHY = 80;

const STATE_POINTS: Record<DeviceState, number> = {
  connected: 0,
  connecting: 40,
  linking: 50,
  degraded: 60,
  disconnected: 70,
  restricted: 80,
  unlinked: 100,
  logged_out: 100,
};
const LOCKED_POINTS = 30;
/** Nobody knows how it is, and nothing unknown is healthy. */
const NOT_MEASURED_POINTS = 40;
/** A keep-alive is answered every half minute; three missed are no accident. */
const SILENT_MS = 90_000;
const LATE_ACK_MS = 10_000;
const SLOW_PING_MS = 2_000;
const VERY_SLOW_PING_MS = 5_000;
const MANY_GATED = 1_000;
/** Lost connections in an hour that are nothing unusual. */
const USUAL_DROPS = 2;
const DROP_POINTS = 5;
const MAX_DROP_POINTS = 30;
/** A change of this much is news. */
const NEWS_POINTS = 10;
const NEWS_EVERY_MS = 60_000;

function ofState({ state, reason }: Vitals): HealthReason[] {
  const points = state === 'restricted' && reason === REACH_OUT_LOCKED ? LOCKED_POINTS : STATE_POINTS[state];
  return points === 0 ? [] : [{ code: `device_${state}`, message: `${state}: ${reason}`, points }];
}

function ofPing(pingMs: number): HealthReason[] {
  if (pingMs <= SLOW_PING_MS) return [];
  return [{ code: 'slow', message: 'slow round trip', points: pingMs > VERY_SLOW_PING_MS ? 15 : 5 }];
}

function ofSession(live: SessionHealth, now: Date): HealthReason[] {
  const reasons = ofPing(live.pingMs ?? 0);
  if (live.lastFrameAt !== undefined && now.getTime() - live.lastFrameAt > SILENT_MS)
    reasons.push({ code: 'silent', message: 'no frame for 90 s', points: 30 });
  if ((live.unackedMs ?? 0) > LATE_ACK_MS)
    reasons.push({ code: 'acks_late', message: 'WhatsApp does not confirm what is sent', points: 20 });
  if ((live.deafRestarts ?? 0) > 0)
    reasons.push({ code: 'deaf', message: 'restarted because nothing came', points: 20 });
  if (live.gated > MANY_GATED) reasons.push({ code: 'database_slow', message: 'waits for the database', points: 10 });
  return reasons;
}

/** How well a device is, and why not better. */
export function judgeHealth(vitals: Vitals): Health {
  const { state, reason, live, drops, lostGaps, now } = vitals;
  const reasons = ofState(vitals);
  if (carriesMessages({ state, reason })) {
    if (live) reasons.push(...ofSession(live, now));
    else reasons.push({ code: 'not_measured', message: 'not measured lately', points: NOT_MEASURED_POINTS });
  }
  if (drops > USUAL_DROPS) {
    const points = Math.min(MAX_DROP_POINTS, DROP_POINTS * (drops - USUAL_DROPS));
    reasons.push({ code: 'unstable', message: `${drops} lost connections within an hour`, points });
  }
  if (lostGaps > 0) reasons.push({ code: 'gap_lost', message: 'a gap could not be filled', points: 15 });
  const score = Math.max(0, 100 - reasons.reduce((sum, one) => sum + one.points, 0));
  return { score, reasons };
}

/**
 * Whether a score is worth an event: so far from the last one told that it is no flutter, and not within its minute. The
 * distance in time counts either way, or a clock set back would silence a device for the jump.
 */
export function isNews(score: number, told: { score: number; at: Date | null }, now: Date): boolean {
  if (Math.abs(score - told.score) < NEWS_POINTS) return false;
  return told.at === null || Math.abs(now.getTime() - told.at.getTime()) >= NEWS_EVERY_MS;
}
