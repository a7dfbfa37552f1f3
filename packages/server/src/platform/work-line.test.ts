import { expect, it } from 'vitest';
import { NoPlace, WorkLine } from './work-line.ts';

const LIMITS = { atOnce: 3, atOnceEach: 2, waiting: 4, waitingEach: 3 };

/** Work that ends when it is told to. */
function bench(places: WorkLine) {
  const inHand: string[] = [];
  const ends = new Map<string, () => void>();
  const begin = (name: string) => {
    const done = places.run(name.charAt(0), () => {
      inHand.push(name);
      return new Promise<string>((resolve) => ends.set(name, () => resolve(name)));
    });
    done.catch(() => undefined);
    return done;
  };
  const end = async (name: string) => {
    ends.get(name)?.();
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { inHand, begin, end };
}

it('does so much at once and of one tenant, and lets nobody stand behind a tenant that has its share', async () => {
  const { inHand, begin, end } = bench(new WorkLine(LIMITS));
  const all = ['a1', 'a2', 'a3', 'a4', 'b1', 'b2'].map(begin);
  expect(inHand).toEqual(['a1', 'a2', 'b1']);
  await end('b1');
  expect(inHand).toEqual(['a1', 'a2', 'b1', 'b2']);
  await end('a2');
  expect(inHand.at(-1)).toBe('a3');
  for (const name of ['a1', 'b2', 'a3', 'a4']) await end(name);
  expect(await Promise.all(all)).toEqual(['a1', 'a2', 'a3', 'a4', 'b1', 'b2']);
});

it('bounds those that wait: of one tenant, of all, and in time', async () => {
  const { inHand, begin, end } = bench(new WorkLine({ ...LIMITS, waitMs: 20 }));
  const [, , third, , , sixth] = ['a1', 'a2', 'a3', 'a4', 'a5', 'a6'].map(begin);
  await expect(sixth).rejects.toBeInstanceOf(NoPlace);
  const [, fits, tooMany] = ['b1', 'b2', 'c1'].map(begin);
  await expect(tooMany).rejects.toBeInstanceOf(NoPlace);
  await expect(third).rejects.toBeInstanceOf(NoPlace);
  await expect(fits).rejects.toBeInstanceOf(NoPlace);
  // Who gave up takes no place with it.
  await end('a1');
  void begin('a7');
  expect(inHand).toEqual(['a1', 'a2', 'b1', 'a7']);
});

it('gives the place of work that failed on, and sends away whoever waits when it closes', async () => {
  const places = new WorkLine({ atOnce: 1, atOnceEach: 1, waiting: 9, waitingEach: 9 });
  const failed = places.run('a', () => Promise.reject(new Error('no')));
  const next = places.run('b', async () => 'done');
  await expect(failed).rejects.toThrow('no');
  expect(await next).toBe('done');
  const { begin, end } = bench(places);
  const [first, waits] = ['a1', 'a2'].map(begin);
  places.close();
  await expect(waits).rejects.toBeInstanceOf(NoPlace);
  await expect(places.run('c', async () => 'late')).rejects.toBeInstanceOf(NoPlace);
  await end('a1');
  expect(await first).toBe('a1');
});
