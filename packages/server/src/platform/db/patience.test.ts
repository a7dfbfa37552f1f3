import { expect, it } from 'vitest';
import { Callers } from '../callers.ts';
import { Patience, soleOf } from './patience.ts';

const HOUR_MS = 3600_000;
const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

/** Pieces of work that end when the test says so, and the order in which they and calls began. */
class World {
  now = 0;
  readonly callers = new Callers(() => this.now);
  readonly begun: string[] = [];
  readonly #ends = new Map<string, () => void>();
  readonly #patience: Patience;

  constructor(waitMs = HOUR_MS) {
    this.#patience = new Patience(this.callers, waitMs);
  }

  rows(whose: string | null): number {
    return this.#patience.rows(whose, 1_000);
  }

  async start(name: string, whose: string | null = 'a'): Promise<void> {
    const work = this.#patience.run(whose, (apart) => {
      this.begun.push(apart ? `${name} apart` : name);
      return new Promise<void>((resolve) => this.#ends.set(name, resolve));
    });
    void work;
    await settled();
  }

  async end(name: string): Promise<void> {
    this.#ends.get(name)?.();
    await settled();
  }

  async leave(workspace: string): Promise<void> {
    this.callers.leave(workspace);
    await settled();
  }
}

it('leaves work as it is where nobody calls, or only the workspace it is for', async () => {
  const world = new World();
  await world.start('first');
  world.callers.note('a');
  world.callers.enter('a');
  await world.start('second');
  expect(world.begun).toEqual(['first', 'second']);
  expect(world.rows('a')).toBe(1_000);
});

it('begins no piece while a call of another workspace is in hand, and one at a time then', async () => {
  const world = new World();
  world.callers.note('b');
  world.callers.enter('b');
  world.callers.enter('b');
  world.callers.enter('a');
  await world.start('first');
  await world.start('second');
  await world.leave('b');
  expect(world.begun).toEqual([]);
  await world.leave('b');
  expect(world.begun).toEqual(['first apart']);
  await world.end('first');
  expect(world.begun).toEqual(['first apart', 'second apart']);
});

it('goes on after a while where others never stop calling', async () => {
  const world = new World(1);
  world.callers.enter('b');
  await world.start('first');
  await expect.poll(() => world.begun).toEqual(['first apart']);
});

it('comes in small pieces while another workspace calls, and for some seconds after', () => {
  const world = new World();
  world.callers.note('b');
  expect(world.rows('a')).toBeLessThan(100);
  expect(world.rows(null)).toBeLessThan(100);
  expect(world.rows('b')).toBe(1_000);
  world.callers.note('a');
  expect(world.rows('a')).toBeLessThan(100);
  expect(world.rows('b')).toBeLessThan(100);
  world.now += 5_001;
  expect([world.rows('a'), world.rows('b'), world.rows(null)]).toEqual([1_000, 1_000, 1_000]);
});

it('takes no more rows than there are', () => {
  const callers = new Callers();
  callers.enter('b');
  expect(new Patience(callers).rows('a', 3)).toBe(3);
});

it('passes on what a piece throws, and the next one has its turn', async () => {
  const callers = new Callers();
  callers.enter('b');
  const patience = new Patience(callers, 1);
  const failing = patience.run('a', () => Promise.reject(new Error('of its own')));
  const next = patience.run('a', async () => 'next');
  await expect(failing).rejects.toThrow('of its own');
  await expect(next).resolves.toBe('next');
});

it('is for one workspace only where all of it is', () => {
  expect([soleOf(['a', 'a']), soleOf(['a', 'b']), soleOf([])]).toEqual(['a', null, null]);
});
