import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { SendPlaces } from './places.ts';

const BOUNDS = { total: 10, each: 6, slow: 8, slowEach: 4, slowMs: 1_000, window: 4 };
const endpoint = (id: string, workspace_id = 'ws_a') => ({ id, workspace_id });

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** Takes all the room an endpoint has. */
function fill(places: SendPlaces, of: { id: string; workspace_id: string }) {
  return Array.from({ length: places.room(of) }, () => places.take(of));
}

it('gives an endpoint more with every success, up to its window, and one again after a failure', () => {
  const places = new SendPlaces(BOUNDS, () => undefined);
  const one = endpoint('a');
  for (const room of [1, 2, 4, 4]) {
    expect(places.room(one)).toBe(room);
    places.take(one).leave(true);
  }
  places.take(one).leave(false);
  expect(places.room(one)).toBe(1);
});

it('does not count a place that was not used as a success', () => {
  const places = new SendPlaces(BOUNDS, () => undefined);
  places.take(endpoint('a')).free();
  expect([places.room(endpoint('a')), places.inHand]).toEqual([1, 0]);
});

it('bounds a workspace, and all of them together', () => {
  const places = new SendPlaces(BOUNDS, () => undefined);
  for (let n = 0; n < 6; n++) places.take(endpoint(`a${n}`));
  expect(places.room(endpoint('more'))).toBe(0);
  for (let n = 0; n < 4; n++) places.take(endpoint(`b${n}`, 'ws_b'));
  expect(places.room(endpoint('c', 'ws_c'))).toBe(0);
});

it('counts what hangs apart, so that it takes no place of what answers', () => {
  const places = new SendPlaces(BOUNDS, () => undefined);
  for (let n = 0; n < 4; n++) places.take(endpoint(`a${n}`));
  for (let n = 0; n < 4; n++) places.take(endpoint(`b${n}`, 'ws_b'));
  vi.advanceTimersByTime(1_000);
  expect(places.room(endpoint('healthy'))).toBe(1);
  for (let n = 0; n < 6; n++) places.take(endpoint(`c${n}`, 'ws_c'));
  // No more than its bound: the ninth that hangs keeps the place it has.
  vi.advanceTimersByTime(1_000);
  expect(places.inHand).toBe(14);
  for (let n = 0; n < 4; n++) places.take(endpoint(`d${n}`, 'ws_d'));
  expect(places.room(endpoint('e', 'ws_e'))).toBe(0);
});

it('asks an endpoint nothing more while a request to it hangs', () => {
  const places = new SendPlaces(BOUNDS, () => undefined);
  const one = endpoint('a');
  for (let n = 0; n < 2; n++) places.take(one).leave(true);
  const hanging = fill(places, one).slice(0, 1);
  vi.advanceTimersByTime(1_000);
  expect(places.room(one)).toBe(0);
  for (const place of hanging) place.leave(true);
  // It was slow: it begins anew.
  expect(places.room(one)).toBe(0);
});

it('gives every place back, whatever became of it', () => {
  const places = new SendPlaces(BOUNDS, () => undefined);
  const taken = Array.from({ length: 6 }, (_, n) => places.take(endpoint(`a${n}`)));
  vi.advanceTimersByTime(1_000);
  for (const place of taken) {
    place.leave(false);
    place.free();
  }
  expect(places.inHand).toBe(0);
  expect(Array.from({ length: 6 }, (_, n) => places.room(endpoint(`b${n}`)))).toEqual([1, 1, 1, 1, 1, 1]);
});

it('leaves endpoints that failed a part of the places, until one goes well', () => {
  const places = new SendPlaces(BOUNDS, () => undefined);
  const dead = Array.from({ length: 6 }, (_, n) => endpoint(`dead${n}`));
  for (const place of dead.map((one) => places.take(one))) place.leave(false);
  const held = dead.slice(0, 3).map((one) => places.take(one));
  const [next = endpoint('')] = dead.slice(3);
  expect(places.room(next)).toBe(0);
  expect(places.room(endpoint('new'))).toBe(1);
  expect(places.room(endpoint('dead', 'ws_b'))).toBe(1);
  // One that hangs has left the part of it.
  vi.advanceTimersByTime(1_000);
  expect(places.room(next)).toBe(1);
  // They were slow, but went well: they are of the others again.
  for (const place of held) place.leave(true);
  for (const one of dead.slice(3)) places.take(one);
  expect(dead.slice(0, 3).map((one) => places.room(one))).toEqual([1, 1, 1]);
});

it('tells those that wait for a place of one that is left, four at a time, first come first', () => {
  const heard: string[] = [];
  const places = new SendPlaces(BOUNDS, (id) => heard.push(id));
  const held = Array.from({ length: 6 }, (_, n) => places.take(endpoint(`a${n}`)));
  for (let n = 0; n < 6; n++) places.waits(endpoint(`w${n}`));
  // It has room: it waits for nothing of the others.
  places.waits(endpoint('elsewhere', 'ws_b'));
  expect(heard).toEqual([]);
  held[0]?.free();
  expect(heard).toEqual(['w0', 'w1', 'w2', 'w3']);
  held[0]?.free();
  vi.advanceTimersByTime(1_000);
  expect(heard).toEqual(['w0', 'w1', 'w2', 'w3', 'w4', 'w5']);
});

it('tells endpoints that failed of the places of such alone', () => {
  const heard: string[] = [];
  const places = new SendPlaces(BOUNDS, (id) => heard.push(id));
  const dead = Array.from({ length: 4 }, (_, n) => endpoint(`dead${n}`));
  for (const one of dead) places.take(one).leave(false);
  const held = dead.slice(0, 3).map((one) => places.take(one));
  for (const one of dead.slice(3)) places.waits(one);
  places.take(endpoint('healthy')).leave(true);
  expect(heard).toEqual([]);
  held[0]?.leave(false);
  expect(heard).toEqual(['dead3']);
});
