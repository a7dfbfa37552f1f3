import { SWEEP_MS } from '../../../src/delivery/sweeper.ts';
import { CONNECT_SECONDS, DEGRADED_SECONDS, LINK_SECONDS } from '../../../src/features/devices/state.ts';
import { type Json, objectOf } from '../../kit/api.ts';

/** States that may not last, and how long each may take. */
export const DEADLINE_SECONDS: ReadonlyMap<string, number> = new Map([
  ['linking', LINK_SECONDS],
  ['connecting', CONNECT_SECONDS],
  ['degraded', DEGRADED_SECONDS],
]);

/** What passed its deadline is found by the next sweep, or by the one after it where that one was busy. */
const GRACE_MS = 2 * SWEEP_MS;

/** The events that tell of a move to another state. */
export const MOVES = [
  'device.linked',
  'device.connected',
  'device.degraded',
  'device.disconnected',
  'device.logged_out',
  'device.restricted',
  'device.health_changed',
  'device.link_failed',
].join(',');

/** Every stay of a device in a state that may not last which went on past its deadline, by all its events, oldest first. */
export function overdueStays(events: readonly Json[], now: number): string[] {
  const moves = events.filter((event) => typeof event['previousState'] === 'string');
  return moves.flatMap((move, i) => {
    const state = String(objectOf(move, 'device')['state']);
    const seconds = DEADLINE_SECONDS.get(state);
    if (seconds === undefined) return [];
    const next = moves[i + 1];
    const until = next ? Date.parse(String(next['createdAt'])) : now;
    const stayed = until - Date.parse(String(move['createdAt']));
    return stayed > seconds * 1000 + GRACE_MS ? [`stuck: the device was ${state} for ${stayed} ms`] : [];
  });
}
