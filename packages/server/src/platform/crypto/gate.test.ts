import { expect, it } from 'vitest';
import { Gate } from './gate.ts';

/** Work that ends when the test says so, in the order in which it began. */
function bench() {
  const begun: string[] = [];
  const ends: (() => void)[] = [];
  const work = (name: string) => () => {
    begun.push(name);
    return new Promise<string>((resolve) => ends.push(() => resolve(name)));
  };
  /** Ends the oldest that runs, and lets what follows from it happen. */
  const endOne = async () => {
    ends.shift()?.();
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { begun, work, endOne };
}

it('strangers fill their places and no others: those who are known still find room', async () => {
  const gate = new Gate({ running: 1, waiting: 4, strangers: 2 });
  const { begun, work, endOne } = bench();
  const strangers = ['runs', 'a', 'b'].map((name) => gate.run(work(name), { known: false }));
  const refused = { code: 'SERVICE_UNAVAILABLE', retryAfter: 1 };
  await expect(gate.run(work('c'), { known: false })).rejects.toMatchObject(refused);
  const known = ['owner', 'admin'].map((name) => gate.run(work(name), { known: true }));
  await expect(gate.run(work('too many'), { known: true })).rejects.toMatchObject(refused);
  for (let i = 0; i < 5; i++) await endOne();
  expect(begun).toEqual(['runs', 'owner', 'a', 'admin', 'b']);
  expect(await Promise.all([...strangers, ...known])).toEqual(['runs', 'a', 'b', 'owner', 'admin']);
});

it('places that those who are known have taken leave the strangers theirs, as far as there is room', async () => {
  const gate = new Gate({ running: 1, waiting: 2, strangers: 1 });
  const { begun, work, endOne } = bench();
  const all = ['runs', 'one'].map((name) => gate.run(work(name), { known: true }));
  all.push(gate.run(work('stranger'), { known: false }));
  for (let i = 0; i < 3; i++) await endOne();
  await Promise.all(all);
  expect(begun).toEqual(['runs', 'one', 'stranger']);
});

it('work that fails gives its place back', async () => {
  const gate = new Gate({ running: 1, waiting: 1, strangers: 1 });
  const failing = gate.run(() => Promise.reject(new Error('no')), { known: false });
  const next = gate.run(async () => 'done', { known: false });
  await expect(failing).rejects.toThrow('no');
  expect(await next).toBe('done');
  expect(await gate.run(async () => 'again', { known: false })).toBe('again');
});
