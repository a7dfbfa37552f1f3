import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { Admission, type AdmissionLimits } from './admission.ts';
import { Callers } from './callers.ts';
import { WapingError } from './errors.ts';

const LIMITS: AdmissionLimits = { total: 4, share: 2, waitingEach: 5, waiting: 12, yieldMs: 0 };

interface Job {
  tenant: string;
  state: 'waiting' | 'running' | 'done' | 'refused';
  code?: string;
  finish: () => void;
}

/** Tenants whose calls end when the test says so. */
class World {
  readonly jobs: Job[] = [];
  readonly order: string[] = [];
  readonly admission: Admission;
  now = 0;

  constructor(limits = LIMITS) {
    this.admission = new Admission(limits, new Callers(() => this.now));
  }

  async arrive(tenant: string): Promise<Job> {
    const job: Job = { tenant, state: 'waiting', finish: () => {} };
    this.jobs.push(job);
    const done = this.admission.run(tenant, () => {
      job.state = 'running';
      this.order.push(tenant);
      return new Promise<void>((resolve) => {
        job.finish = resolve;
      });
    });
    done.then(
      () => {
        job.state = 'done';
      },
      (error: unknown) => {
        job.state = 'refused';
        if (error instanceof WapingError) job.code = error.code;
      },
    );
    await settled();
    return job;
  }

  async finish(job: Job | undefined): Promise<void> {
    job?.finish();
    await settled();
  }

  in(state: Job['state'], tenant?: string): Job[] {
    return this.jobs.filter((job) => job.state === state && (tenant === undefined || job.tenant === tenant));
  }
}

const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

afterEach(() => {
  vi.useRealTimers();
});

describe('admission', () => {
  it('is bounded, fair and never idle while a call may go in, whatever comes in whatever order', async () => {
    const step = fc.record({ tenant: fc.constantFrom('a', 'b', 'c'), end: fc.boolean(), pick: fc.nat(20) });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 80 }), async (steps) => {
        const world = new World();
        for (const { tenant, end, pick } of steps) {
          const running = world.in('running');
          if (end) await world.finish(running[pick % Math.max(1, running.length)]);
          else await world.arrive(tenant);
          const tenants = new Set(world.jobs.map((job) => job.tenant));
          const share = tenants.size === 1 ? LIMITS.total : LIMITS.share;
          expect(world.in('running').length).toBeLessThanOrEqual(LIMITS.total);
          expect(world.in('waiting').length).toBeLessThanOrEqual(LIMITS.waiting);
          for (const one of tenants) {
            expect(world.in('waiting', one).length).toBeLessThanOrEqual(LIMITS.waitingEach);
            const mayGo = world.in('running', one).length < share && world.in('running').length < LIMITS.total;
            if (mayGo) expect(world.in('waiting', one)).toEqual([]);
          }
        }
        for (let left = world.in('running'); left.length > 0; left = world.in('running')) await world.finish(left[0]);
        expect(world.in('waiting')).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });

  it('gives one tenant everything, and its share once another calls', async () => {
    const world = new World();
    for (let i = 0; i < 4; i++) await world.arrive('a');
    expect(world.in('running', 'a')).toHaveLength(4);
    await world.arrive('b');
    for (let i = 0; i < 4; i++) await world.arrive('a');
    await world.finish(world.in('running', 'a')[0]);
    await world.finish(world.in('running', 'a')[0]);
    await world.finish(world.in('running', 'a')[0]);
    expect([world.in('running', 'a').length, world.in('running', 'b').length]).toEqual([2, 1]);
    world.now += 5_001;
    await world.finish(world.in('running', 'b')[0]);
    expect(world.in('running', 'a')).toHaveLength(4);
  });

  it('lets waiting tenants in by turns, each one of them in order', async () => {
    const world = new World({ ...LIMITS, total: 1, share: 1, waitingEach: 20, waiting: 60 });
    for (const tenant of ['a', 'a', 'a', 'a', 'b', 'b', 'c']) await world.arrive(tenant);
    for (let i = 0; i < 7; i++) await world.finish(world.in('running')[0]);
    expect(world.order.join('')).toBe('aabcaba');
    expect(world.in('done')).toHaveLength(7);
  });

  it('refuses a tenant whose line is full, and takes room for a short line from the longest', async () => {
    const world = new World({ ...LIMITS, total: 1, share: 1, waitingEach: 3, waiting: 4 });
    for (let i = 0; i < 5; i++) await world.arrive('a');
    expect(world.in('refused').map(({ code }) => code)).toEqual(['RATE_LIMITED']);
    await world.arrive('b');
    const second = await world.arrive('c');
    expect(second.state).toBe('waiting');
    expect(world.in('refused', 'a').map(({ code }) => code)).toEqual(['SERVICE_UNAVAILABLE', 'RATE_LIMITED']);
    expect(world.in('refused')).toHaveLength(2);
  });

  it('keeps the places of calls that are late with all the others', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const world = new World({ ...LIMITS, total: 6, share: 6, waitingEach: 20, waiting: 20 });
    for (let i = 0; i < 14; i++) await world.arrive('a');
    for (let i = 0; i < 8; i++) {
      await vi.advanceTimersByTimeAsync(60);
      await world.finish(world.in('running')[0]);
      expect(world.in('running')).toHaveLength(6);
    }
  });

  it('gives the place of a call away that many others have overtaken', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const world = new World({ ...LIMITS, total: 2, share: 2, waitingEach: 20, waiting: 20 });
    for (let i = 0; i < 20; i++) await world.arrive('a');
    const [stuck] = world.jobs;
    for (let i = 0; i < 8; i++) await world.finish(world.in('running').find((job) => job !== stuck));
    expect(world.in('running')).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(240);
    await world.finish(world.in('running').find((job) => job !== stuck));
    await vi.advanceTimersByTimeAsync(10);
    expect(world.in('running')).toHaveLength(3);
  });

  it('gives the place of a call that waits for something else to another', async () => {
    const world = new World({ ...LIMITS, total: 1, share: 1, waitingEach: 3, waiting: 4 });
    await world.arrive('a');
    const next = await world.arrive('b');
    expect(next.state).toBe('waiting');
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(next.state).toBe('running');
  });

  it('lets in nothing of a line while a call of a tenant without one is in hand', async () => {
    const world = new World({ ...LIMITS, yieldMs: 3600_000 });
    await world.arrive('b');
    await world.finish(world.in('running', 'b')[0]);
    for (let i = 0; i < 5; i++) await world.arrive('a');
    expect(world.in('running', 'a')).toHaveLength(2);
    const light = await world.arrive('b');
    expect(light.state).toBe('running');
    await world.finish(world.in('running', 'a')[0]);
    await world.finish(world.in('running', 'a')[0]);
    expect(world.in('running', 'a')).toEqual([]);
    await world.finish(light);
    expect(world.in('running', 'a')).toHaveLength(2);
  });

  it('lets tenants that all have calls in line go on side by side', async () => {
    const world = new World({ ...LIMITS, yieldMs: 3600_000 });
    for (const tenant of ['a', 'b', 'a', 'b', 'a', 'b', 'a', 'b']) await world.arrive(tenant);
    expect([world.in('running', 'a').length, world.in('running', 'b').length]).toEqual([2, 2]);
    await world.finish(world.in('running', 'a')[0]);
    expect(world.in('running', 'a')).toHaveLength(2);
  });

  it('holds a line back for a while only', async () => {
    const world = new World({ ...LIMITS, yieldMs: 5 });
    await world.arrive('b');
    for (let i = 0; i < 4; i++) await world.arrive('a');
    for (const job of world.in('running', 'a')) await world.finish(job);
    await expect.poll(() => world.in('done', 'a').length + world.in('running', 'a').length).toBe(4);
    expect(world.in('running', 'b')).toHaveLength(1);
  });

  it('passes on what a call throws, and its place is free again', async () => {
    const { admission } = new World({ ...LIMITS, total: 1, share: 1, waitingEach: 1, waiting: 1 });
    await expect(admission.run('a', () => Promise.reject(new Error('of its own')))).rejects.toThrow('of its own');
    await expect(admission.run('a', async () => 'next')).resolves.toBe('next');
  });
});
