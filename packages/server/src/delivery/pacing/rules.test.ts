import { expect, it } from 'vitest';
import { DEFAULT_PACING } from '../../features/devices/index.ts';
import { judgeLine, type PacedRow, type PaceState } from './rules.ts';

const DAY_MS = 24 * 3600_000;
/** Noon in Germany. */
const NOON = new Date('2026-01-15T11:00:00Z');
const NIGHT = new Date('2026-01-15T23:00:00Z');
const LANES = { otp: 0, reply: 1, normal: 2, bulk: 3 } as const;

const state = (own: Partial<PaceState> = {}): PaceState => ({
  pacing: DEFAULT_PACING,
  linkedAt: new Date(NOON.getTime() - 100 * DAY_MS),
  phone: '+4915100000000',
  coldDay: null,
  coldUsed: 0,
  nextAt: 0,
  chats: new Map(),
  lockedUntil: null,
  onlyLock: false,
  ...own,
});

let count = 0;
function row(lane: keyof typeof LANES, own: Partial<PacedRow> = {}): PacedRow {
  count += 1;
  return {
    id: `msg_${count}`,
    workspace_id: 'ws_1',
    device_id: 'dev_1',
    conversation_id: `cnv_${count}`,
    lane: LANES[lane],
    kind: 'person',
    phone: '+4915112345678',
    inbound_at: new Date(NOON.getTime() - 3600_000),
    cold_day: null,
    behind: null,
    held_reason: null,
    ...own,
  };
}

const cold = { inbound_at: null };
const judge = (rows: PacedRow[], of: PaceState, now = NOON) =>
  judgeLine(rows, of, now).map((verdict) => (verdict.go ? 'go' : verdict.reason));

it('lets one message of a device go at a time, and tells the others a time each, later and later', () => {
  const verdicts = judgeLine([row('normal'), row('normal'), row('bulk'), row('bulk')], state(), NOON);
  expect(verdicts[0]).toEqual({ go: true, cold: false });
  const times = verdicts.slice(1).map((verdict) => (verdict.go || verdict.aside ? 0 : verdict.until.getTime()));
  expect(times[0]).toBeGreaterThanOrEqual(NOON.getTime() + 3_000);
  expect(times[0]).toBeLessThanOrEqual(NOON.getTime() + 4_500);
  expect([...times].sort((a, b) => a - b)).toEqual(times);
});

it('lets the next go when the gap is over, not before', () => {
  const paced = state();
  judge([row('normal')], paced);
  const soon = new Date(NOON.getTime() + 2_999);
  expect(judge([row('normal')], paced, soon)).toEqual(['pacing']);
  expect(judge([row('normal')], paced, new Date(NOON.getTime() + 4_500))).toEqual(['go']);
});

it('lets otp pass every rule, and a reply the gap between chats and quiet hours', () => {
  const paced = state({ nextAt: NOON.getTime() + 60_000, coldUsed: 100, coldDay: '2026-01-15' });
  const chat = { conversation_id: 'cnv_same' };
  expect(judge([row('otp', { ...chat, ...cold }), row('otp', { ...chat, ...cold })], paced)).toEqual(['go', 'go']);
  expect(judge([row('reply'), row('normal'), row('bulk')], paced)).toEqual(['go', 'pacing', 'pacing']);
  const night = { inbound_at: new Date(NIGHT.getTime() - 3600_000) };
  expect(judge([row('reply', night)], state(), NIGHT)).toEqual(['go']);
  expect(judge([row('normal', night)], state(), NIGHT)).toEqual(['go']);
  expect(judge([row('bulk', night)], state(), NIGHT)).toEqual(['quiet_hours']);
});

it('keeps a gap in one chat for replies too', () => {
  const chat = { conversation_id: 'cnv_one' };
  expect(judge([row('reply', chat), row('reply', chat)], state())).toEqual(['go', 'pacing']);
});

it('does not let a message to who never wrote pass for a reply', () => {
  const paced = state({ nextAt: NOON.getTime() + 60_000 });
  expect(
    judge([row('reply', cold), row('reply', { inbound_at: new Date(NOON.getTime() - 2 * DAY_MS) })], paced),
  ).toEqual(['pacing', 'pacing']);
});

it('opens as many cold chats a day as the budget allows, each once, and says until when the others wait', () => {
  const quick = { ...DEFAULT_PACING, gapSeconds: 0, chatGapSeconds: 0, coldChatsPerDay: 2 };
  const paced = state({ pacing: quick });
  const again = row('normal', { ...cold, cold_day: '2026-01-15' });
  const verdicts = judgeLine(
    [row('normal', cold), row('normal', cold), again, row('normal', cold), row('normal')],
    paced,
    NOON,
  );
  expect(verdicts.map((verdict) => (verdict.go ? verdict.cold : verdict.reason))).toEqual([
    true,
    true,
    false,
    'cold_chat_budget',
    false,
  ]);
  expect(verdicts[3]).toMatchObject({ aside: true, until: new Date('2026-01-16T00:00:00Z') });
  expect(judge([row('normal', cold)], paced, new Date('2026-01-16T00:00:00Z'))).toEqual(['go']);
  expect(judge([row('normal', { ...cold, kind: 'group' })], state({ coldUsed: 500, coldDay: '2026-01-15' }))).toEqual([
    'go',
  ]);
});

it('says that it is the warm-up that keeps a message, where that is the tighter', () => {
  const paced = state({ linkedAt: NOON, coldUsed: 10, coldDay: '2026-01-15' });
  expect(judge([row('normal', cold)], paced)).toEqual(['warm_up']);
});

it('does not let a message overtake one that stands aside in its chat and lane', () => {
  const behind = new Date(NOON.getTime() + 3600_000);
  expect(judgeLine([row('bulk', { behind })], state(), NOON)).toEqual([
    { go: false, until: behind, reason: 'pacing', aside: true },
  ]);
});

it('after a clock that jumps back waits a gap at the most, and gives no second budget', () => {
  const paced = state({ nextAt: NOON.getTime() + 30 * DAY_MS, coldUsed: 100, coldDay: '2026-02-20' });
  const [waiting] = judgeLine([row('normal')], paced, NOON);
  expect(waiting).toMatchObject({ go: false, until: new Date(NOON.getTime() + 4_500) });
  expect(judge([row('normal', cold)], paced)).toEqual(['cold_chat_budget']);
});

it('lets a locked account write to who wrote to it, and to groups; new chats wait for the end of the lock', () => {
  const lockedUntil = new Date(NOON.getTime() + 3600_000);
  const rows = [row('otp', cold), row('normal'), row('normal', { ...cold, kind: 'group' })];
  for (const onlyLock of [true, false]) {
    const [first, ...others] = judgeLine(rows, state({ lockedUntil, onlyLock }), NOON);
    expect(first).toEqual({ go: false, until: lockedUntil, reason: 'restricted', aside: true });
    if (onlyLock)
      expect(others).toEqual([
        { go: true, cold: false },
        { go: true, cold: false },
      ]);
    else expect(others[0]).toMatchObject({ go: true });
  }
  expect(judgeLine([row('normal', cold)], state({ lockedUntil: NOON, onlyLock: true }), NOON)).toEqual([
    { go: true, cold: false },
  ]);
});
