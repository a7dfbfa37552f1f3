import { expect, it } from 'vitest';
import { type Look, Lookout } from './lookout.ts';

/** A lookout that has seen endpoints. */
function seeing(): Lookout {
  const lookout = new Lookout();
  expect(lookout.next(0)).toEqual({ after: '', workspaces: [], ids: [] });
  lookout.paged(3, '');
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

it('lets news gather, and takes twenty workspaces at a time', () => {
  const lookout = seeing();
  lookout.wake('ws_first');
  lookAt(lookout, 100);
  for (let n = 0; n < 30; n++) lookout.wake(`ws_${n}`);
  lookout.wake('ws_0');
  expect(lookout.next(110)).toBe(15);
  expect(lookAt(lookout, 125).workspaces).toHaveLength(20);
  expect(lookAt(lookout, 150).workspaces).toHaveLength(10);
  expect(lookout.isDue).toBe(false);
});

it('looks at all every second, page by page, and goes on where looking failed', () => {
  const lookout = seeing();
  lookout.tick(999);
  expect(lookout.isDue).toBe(false);
  lookout.tick(1_000);
  expect(lookAt(lookout, 1_000).after).toBe('');
  lookout.paged(1_000, 'whk_m');
  expect(lookout.next(1_030)).toBe(70);
  expect(lookAt(lookout, 1_100).after).toBe('whk_m');
  // It failed: nothing was shown.
  expect(lookout.isDue).toBe(false);
  lookout.tick(2_000);
  expect(lookAt(lookout, 2_000).after).toBe('whk_m');
  lookout.paged(7, '');
  expect(lookout.isDue).toBe(false);
});

it('begins with all anew when something happened nobody knows where, even while it goes through them', () => {
  const lookout = seeing();
  lookout.wake(null);
  expect(lookAt(lookout, 100).after).toBe('');
  lookout.paged(1_000, 'whk_m');
  lookout.wake(null);
  expect(lookAt(lookout, 200).after).toBe('whk_m');
  lookout.paged(1, '');
  lookout.tick(250);
  expect(lookAt(lookout, 250).after).toBe('');
});

it('is not woken where there are no endpoints, and looks for some four times a second', () => {
  const lookout = new Lookout();
  lookout.wake('ws_a');
  expect(lookAt(lookout, 0).workspaces).toEqual([]);
  lookout.paged(0, '');
  lookout.wake('ws_a');
  lookout.wake(null);
  expect(lookout.isDue).toBe(false);
  lookout.tick(250);
  expect(lookAt(lookout, 250).after).toBe('');
  lookout.paged(1, '');
  lookout.wake('ws_a');
  expect(lookAt(lookout, 300).workspaces).toEqual(['ws_a']);
});

it('gives places that are left to those that have waited longest', () => {
  const lookout = seeing();
  for (let n = 0; n < 6; n++) lookout.crowded(`whk_${n}`);
  expect(lookout.isDue).toBe(false);
  lookout.freed();
  lookout.again('whk_9');
  expect(lookAt(lookout, 100).ids).toEqual(['whk_0', 'whk_1', 'whk_2', 'whk_3', 'whk_9']);
  lookout.crowded('whk_0');
  lookout.freed();
  expect(lookAt(lookout, 110).ids).toEqual(['whk_4', 'whk_5', 'whk_0']);
});
