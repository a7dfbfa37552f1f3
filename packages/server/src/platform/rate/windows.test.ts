import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { aheadOf, type Count, type Counter, WINDOW_MS, Windows } from './windows.ts';

const counter = (name: string, limit: number): Counter => ({ workspaceId: 'ws', name, limit });
const refusedOf = (windows: Windows, counters: Counter[]) => windows.take(counters).map(({ refused }) => refused);

function at(start: number) {
  const clock = { now: start };
  return { clock, windows: new Windows(() => clock.now) };
}

describe('one node', () => {
  it('admits a limit in a window and begins anew when it ends', () => {
    const { clock, windows } = at(1_000_000);
    const key = counter('key', 3);
    for (const left of [2, 1, 0]) expect(windows.take([key])[0]).toMatchObject({ remaining: left, refused: null });
    const [refused] = windows.take([key]);
    expect(refused).toMatchObject({ remaining: 0, refused: 'spent' });
    clock.now += (refused?.resetMs ?? 0) - 1;
    expect(refusedOf(windows, [key])).toEqual(['spent']);
    clock.now += 1;
    expect(windows.take([key])[0]).toMatchObject({ remaining: 2, refused: null, resetMs: WINDOW_MS });
  });

  it('takes from no counter what one of them refuses', () => {
    const { windows } = at(0);
    const [wide, tight] = [counter('wide', 10), counter('tight', 1)];
    windows.take([wide, tight]);
    expect(refusedOf(windows, [wide, tight])).toEqual([null, 'spent']);
    expect(windows.read([wide])[0]).toMatchObject({ remaining: 9 });
  });

  it('holds to a limit that was made smaller at once', () => {
    const { windows } = at(0);
    for (let i = 0; i < 5; i++) windows.take([counter('key', 10)]);
    expect(refusedOf(windows, [counter('key', 5)])).toEqual(['spent']);
    expect(refusedOf(windows, [counter('key', 6)])).toEqual([null]);
  });

  it('keeps a bounded number of counters: what is in use is not forgotten for what is not', () => {
    const windows = new Windows(() => 0, 10);
    for (let i = 0; i < 1_000; i++) windows.take([counter('used', 2_000), counter(`once ${i}`, 1)]);
    expect(windows.size).toBe(10);
    expect(windows.read([counter('used', 2_000)])[0]).toMatchObject({ remaining: 1_000 });
  });
});

/** What the database does with the nodes' counts. */
class Shared {
  readonly #used = new Map<string, number>();

  add(counts: readonly Count[]): Count[] {
    return counts.map((count) => {
      const used = (this.#used.get(count.name) ?? 0) + count.used;
      this.#used.set(count.name, used);
      return { ...count, used };
    });
  }
}

function node() {
  const windows = new Windows(() => 0);
  windows.shared = true;
  windows.holdsBack = true;
  return { windows, sent: [] as Count[][], answers: [] as { sent: Count[]; totals: Count[] }[] };
}

describe('several nodes', () => {
  it('admit together at most the limit and, for each node, what it may admit untold, in whatever order they talk', () => {
    const step = fc.record({
      node: fc.nat(3),
      what: fc.constantFrom('take', 'take', 'take', 'send', 'arrive', 'hear'),
    });
    const steps = fc.array(step, { minLength: 400, maxLength: 1_500 });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 600 }), steps, (limit, order) => {
        const nodes = [node(), node(), node(), node()];
        const shared = new Shared();
        let admitted = 0;
        for (const { node: at, what } of order) {
          const one = nodes[at];
          if (!one) continue;
          if (what === 'take' && refusedOf(one.windows, [counter('key', limit)])[0] === null) admitted += 1;
          if (what === 'send') one.sent.push(one.windows.collect(10));
          const sent = what === 'arrive' ? one.sent.shift() : undefined;
          if (sent) one.answers.push({ sent, totals: shared.add(sent) });
          const answer = what === 'hear' ? one.answers.shift() : undefined;
          if (answer) one.windows.heard(answer.sent, answer.totals);
        }
        expect(admitted).toBeLessThanOrEqual(limit + nodes.length * aheadOf(limit));
      }),
      { numRuns: 200 },
    );
  });

  it('know of each other once they have talked', () => {
    const [a, b] = [node(), node()];
    const shared = new Shared();
    const talk = ({ windows }: ReturnType<typeof node>) => {
      const sent = windows.collect(10);
      windows.heard(sent, shared.add(sent));
    };
    const key = counter('key', 10);
    for (let i = 0; i < 6; i++) a.windows.take([key]);
    talk(a);
    b.windows.take([key]);
    talk(b);
    expect(b.windows.read([key])[0]).toMatchObject({ remaining: 3 });
  });

  it('count alone while they cannot talk, and tell it afterwards', () => {
    const { windows } = node();
    const key = counter('key', 1_000);
    const taken = () => refusedOf(windows, [key])[0];
    for (let i = 0; i < 50; i++) expect(taken()).toBe(null);
    expect(taken()).toBe('ahead');
    windows.unsent(windows.collect(10));
    windows.holdsBack = false;
    expect(taken()).toBe(null);
    expect(windows.collect(10)).toMatchObject([{ used: 51 }]);
  });

  it('ask to be heard early where a counter runs ahead', () => {
    const { windows } = node();
    let urgent = 0;
    windows.onUrgent = () => {
      urgent += 1;
    };
    for (let i = 0; i < 9; i++) windows.take([counter('key', 100)]);
    expect(urgent).toBe(0);
    windows.take([counter('key', 100)]);
    expect(urgent).toBe(1);
  });
});
