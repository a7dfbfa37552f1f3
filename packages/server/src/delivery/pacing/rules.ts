import { coldBudget, type Pacing } from '../../features/devices/index.ts';
import { LANE } from '../../features/messages/index.ts';
import { offsetsFor, quietUntil } from './quiet.ts';

const DAY_MS = 24 * 3600_000;
/** A person who wrote within this time is in a conversation: a reply to them does not wait for other chats. */
const TALKING_MS = DAY_MS;
const MAX_CHATS = 2_000;

/** A message in line, as far as pacing goes. */
export interface PacedRow {
  id: string;
  workspace_id: string;
  device_id: string;
  conversation_id: string;
  lane: number;
  kind: 'person' | 'group' | 'status';
  phone: string | null;
  /** When the person last wrote to this device; null: never, the chat is cold. */
  inbound_at: Date | null;
  /** `2026-11-27`, the day on which the chat was last counted as cold. */
  cold_day: string | null;
  /** Until when a message before it, in its chat and lane, is held back. */
  behind: Date | null;
  held_reason: string | null;
}

/** What is known of a device between its messages. Times are Unix ms. */
export interface PaceState {
  pacing: Pacing;
  linkedAt: Date | null;
  phone: string | null;
  /** The UTC day of `coldUsed`. */
  coldDay: string | null;
  coldUsed: number;
  /** When the device may send again. */
  nextAt: number;
  /** When a chat may be written to again. */
  chats: Map<string, number>;
  /** Until when WhatsApp refuses new chats; null: it does not. */
  lockedUntil: Date | null;
  /** Only the lock holds: the device is not paced. */
  onlyLock: boolean;
}

/** `go`, or until when it waits and why; `aside` out of line, so that others pass it. */
export type PaceVerdict =
  | { go: true; cold: boolean }
  | {
      go: false;
      until: Date;
      reason: 'pacing' | 'quiet_hours' | 'cold_chat_budget' | 'warm_up' | 'restricted';
      aside: boolean;
    };

const dayOf = (now: Date): string => now.toISOString().slice(0, 10);
const tomorrow = (now: Date): Date => new Date(Math.floor(now.getTime() / DAY_MS + 1) * DAY_MS);

/** Begins a new day's count; a clock that jumps back begins none. */
export function turnDay(state: PaceState, now: Date): void {
  const today = dayOf(now);
  if (state.coldDay !== null && state.coldDay >= today) return;
  state.coldDay = today;
  state.coldUsed = 0;
}

function isColdToday(row: PacedRow, now: Date): boolean {
  return row.kind === 'person' && row.inbound_at === null && row.cold_day !== dayOf(now);
}

/**
 * Why a message stands aside for hours: WhatsApp lets the account write only to who wrote to it, its recipient sleeps, or
 * the device has met enough strangers today.
 */
function asideFor(row: PacedRow, state: PaceState, now: Date): PaceVerdict | null {
  const { lockedUntil } = state;
  if (lockedUntil !== null && lockedUntil > now && row.kind === 'person' && row.inbound_at === null)
    return { go: false, until: lockedUntil, reason: 'restricted', aside: true };
  // Also where that is due by now: it goes back in line first.
  if (row.behind !== null) return { go: false, until: row.behind, reason: 'pacing', aside: true };
  if (state.onlyLock) return null;
  const { pacing } = state;
  if (row.lane >= LANE.bulk) {
    const until = quietUntil(pacing.quietHours, offsetsFor(row.phone, state.phone, now), now);
    if (until) return { go: false, until, reason: 'quiet_hours', aside: true };
  }
  if (row.lane === LANE.otp || !isColdToday(row, now)) return null;
  const budget = coldBudget(pacing, state.linkedAt, now);
  if (state.coldUsed < budget) return null;
  const reason = budget < pacing.coldChatsPerDay ? 'warm_up' : 'cold_chat_budget';
  return { go: false, until: tomorrow(now), reason, aside: true };
}

/** When the gaps let it go. Bounded from now on: a clock that jumped back must not keep it for the jump. */
function gapUntil(row: PacedRow, state: PaceState, now: number): number {
  if (row.lane === LANE.otp || state.onlyLock) return now;
  const { chatGapSeconds, gapSeconds } = state.pacing;
  const chatAt = Math.min(state.chats.get(row.conversation_id) ?? 0, now + chatGapSeconds * 1000);
  const talking = row.inbound_at !== null && now - row.inbound_at.getTime() < TALKING_MS;
  if (row.lane === LANE.reply && talking) return chatAt;
  return Math.max(chatAt, Math.min(state.nextAt, now + gapSeconds * 1500));
}

function noteGone(row: PacedRow, state: PaceState, now: number): void {
  const { chatGapSeconds, gapSeconds } = state.pacing;
  if (state.chats.size >= MAX_CHATS) for (const [chat, at] of state.chats) if (at <= now) state.chats.delete(chat);
  state.chats.set(row.conversation_id, now + chatGapSeconds * 1000);
  state.nextAt = now + gapSeconds * 1000 * (1 + Math.random() / 2);
}

/**
 * Judges messages of one device in the order they stand in line. What goes is noted in `state`; of what the gaps keep
 * back, each is told when its turn will about be, one gap after the one before it.
 */
export function judgeLine(rows: readonly PacedRow[], state: PaceState, now: Date): PaceVerdict[] {
  turnDay(state, now);
  let ahead = 0;
  return rows.map((row) => {
    const aside = asideFor(row, state, now);
    if (aside) return aside;
    const at = gapUntil(row, state, now.getTime());
    if (at > now.getTime()) {
      const until = new Date(at + ahead * state.pacing.gapSeconds * 1250);
      ahead += 1;
      return { go: false, until, reason: 'pacing', aside: false };
    }
    if (state.onlyLock) return { go: true, cold: false };
    const cold = isColdToday(row, now);
    if (cold) state.coldUsed += 1;
    noteGone(row, state, now.getTime());
    return { go: true, cold };
  });
}
