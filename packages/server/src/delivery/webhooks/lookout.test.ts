import { expect, it } from 'vitest';
import { type Look, Lookout } from './lookout.ts';

const pageOf = (count: number) => Array.from({ length: count }, (_, n) => `ws_${n}`);

/** A lookout that has seen many endpoints. */
function seeing(): Lookout {
  const lookout = new Lookout();
  expect(lookout.next(0)).toEqual({ after: '', workspaces: [], ids: [] });
  lookout.paged(pageOf(2_000), '');
  return lookout;
}

/** What is looked at when its time has come. */
function lookAt(lookout: Lookout, now: number): Look {
  const look = lookout.next(now);
  if (typeof look === 'number') throw new Error(`nothing is due for ${look} ms`);
  return look;
}

it('looks at a workspace with news at once, at the next tick once more, and no further', () => {
  const lookout = seeing();
  lookout.wake('ws_a');
  expect(lookout.next(100)).toEqual({ after: null, workspaces: ['ws_a'], ids: [] });
  expect(lookout.isDue).toBe(false);
  lookout.tick(250);
  expect(lookAt(lookout, 250).workspaces).toEqual(['ws_a']);
  lookout.tick(500);
  expect(lookout.isDue).toBe(false);
});

it('lets news gather, and takes a statement full of endpoints at a time', () => {
  const lookout = new Lookout();
  lookAt(lookout, 0);
  lookout.paged(
    Array.from({ length: 1_500 }, (_, n) => `ws_${n % 30}`),
    '',
  );
  lookout.wake('ws_first');
  lookAt(lookout, 100);
  for (let n = 0; n < 30; n++) lookout.wake(`ws_${n}`);
  lookout.wake('ws_0');
  // Of these it knows no endpoint.
  for (let n = 0; n < 700; n++) lookout.wake(`ws_none_${n}`);
  expect(lookout.next(110)).toBe(15);
  expect(lookAt(lookout, 125).workspaces).toHaveLength(20);
  expect(lookAt(lookout, 150).workspaces).toHaveLength(500);
  expect(lookAt(lookout, 175).workspaces).toHaveLength(210);
  expect(lookout.isDue).toBe(false);
});

it.each([
  { endpoints: 3, every: 250 },
  { endpoints: 500, every: 500 },
  { endpoints: 5_000, every: 1_000 },
])('looks at all of $endpoints endpoints every $every ms, though ticks come late or early', ({ endpoints, every }) => {
  const lookout = new Lookout();
  lookAt(lookout, 0);
  lookout.paged(pageOf(endpoints), '');
  for (let tick = 250; tick < every; tick += 250) {
    lookout.tick(tick);
    expect(lookout.isDue).toBe(false);
  }
  lookout.tick(every - 5);
  expect(lookAt(lookout, every).after).toBe('');
});

it('looks page by page, and goes on where looking failed', () => {
  const lookout = seeing();
  lookout.tick(1_000);
  expect(lookAt(lookout, 1_000).after).toBe('');
  lookout.paged(pageOf(1_000), 'whk_m');
  expect(lookout.next(1_030)).toBe(70);
  expect(lookAt(lookout, 1_100).after).toBe('whk_m');
  // It failed: nothing was shown.
  expect(lookout.isDue).toBe(false);
  lookout.tick(2_000);
  expect(lookAt(lookout, 2_000).after).toBe('whk_m');
  lookout.paged(pageOf(7), '');
  expect(lookout.isDue).toBe(false);
});

it('begins with all anew when something happened nobody knows where, even while it goes through them', () => {
  const lookout = seeing();
  lookout.wake(null);
  expect(lookAt(lookout, 100).after).toBe('');
  lookout.wake(null);
  lookout.paged(pageOf(1_000), 'whk_m');
  expect(lookAt(lookout, 200).after).toBe('whk_m');
  lookout.paged(pageOf(1), '');
  expect(lookout.isDue).toBe(false);
  lookout.tick(250);
  expect(lookAt(lookout, 250).after).toBe('');
});

it('is not woken where there are no endpoints, and looks for some four times a second', () => {
  const lookout = new Lookout();
  expect(lookout.wake('ws_a')).toBe(false);
  expect(lookAt(lookout, 0).workspaces).toEqual([]);
  lookout.paged([], '');
  lookout.wake('ws_a');
  lookout.wake(null);
  expect(lookout.isDue).toBe(false);
  lookout.tick(250);
  expect(lookAt(lookout, 250).after).toBe('');
  lookout.paged(['ws_b'], '');
  expect(lookout.wake('ws_a')).toBe(true);
  expect(lookAt(lookout, 300).workspaces).toEqual(['ws_a']);
});

it('looks again at endpoints that have answered, ten milliseconds after the last look', () => {
  const lookout = seeing();
  lookout.wake('ws_a');
  lookAt(lookout, 100);
  for (const id of ['whk_1', 'whk_2', 'whk_1']) lookout.again(id);
  expect(lookout.next(104)).toBe(6);
  expect(lookout.next(110)).toEqual({ after: null, workspaces: [], ids: ['whk_1', 'whk_2'] });
});
