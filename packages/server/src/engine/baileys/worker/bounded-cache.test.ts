import { expect, it } from 'vitest';
import { BoundedCache } from './bounded-cache.ts';

it('forgets the least recently used entry above its bound', () => {
  const cache = new BoundedCache<number>(2);
  cache.set('a', 1);
  cache.set('b', 2);
  cache.get('a');
  cache.set('c', 3);
  expect([cache.get('a'), cache.get('b'), cache.get('c'), cache.size]).toEqual([1, undefined, 3, 2]);
});

it('forgets an entry older than its time', () => {
  const cache = new BoundedCache<number>(2, -1);
  cache.set('a', 1);
  expect(cache.get('a')).toBeUndefined();
  expect(cache.size).toBe(0);
});
