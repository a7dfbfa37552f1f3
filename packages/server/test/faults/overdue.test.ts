import { expect, it } from 'vitest';
import { CONNECT_SECONDS } from '../../src/features/devices/state.ts';
import type { Json } from '../kit/api.ts';
import { overdueStays } from './kit/overdue.ts';

const FROM = Date.parse('2026-01-01T00:00:00.000Z');
const at = (seconds: number): string => new Date(FROM + seconds * 1000).toISOString();
const move = (seconds: number, state: string, previousState: string): Json => ({
  createdAt: at(seconds),
  device: { state },
  previousState,
});

it('finds a stay past its deadline, also where it ended by itself since, and the one that lasts', () => {
  const late = CONNECT_SECONDS + 5;
  const events = [
    move(0, 'connecting', 'connected'),
    move(late, 'connected', 'connecting'),
    move(late + 10, 'connecting', 'connected'),
  ];
  expect(overdueStays(events, FROM + (late + 20) * 1000)).toEqual([
    `stuck: the device was connecting for ${late * 1000} ms`,
  ]);
  expect(overdueStays(events, FROM + (late + 10 + late) * 1000)).toHaveLength(2);
});

it('takes a second attempt for a new one, and news of the health for none', () => {
  const half = CONNECT_SECONDS - 1;
  const health = { createdAt: at(half + 1), device: { state: 'connecting' }, health: {} };
  const events = [
    move(0, 'connecting', 'linking'),
    move(half, 'connecting', 'connecting'),
    health,
    move(2 * half, 'connected', 'connecting'),
  ];
  expect(overdueStays(events, FROM + 10_000_000)).toEqual([]);
});
