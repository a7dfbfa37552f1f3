import { describe, expect, it } from 'vitest';
import { LIVENESS_DEFAULTS } from '../options.ts';
import { Liveness } from './liveness.ts';

const LIMITS = {
  checkMs: 100,
  silentMs: 1_000,
  pingMs: 300,
  ackMs: 2_000,
  receiptSends: 3,
  receiptsMs: 5_000,
  quietMs: 60_000,
  restarts: 2,
};

/** An open connection under a clock of its own. */
function scene(limits = LIMITS) {
  let now = 1_000;
  const liveness = new Liveness(limits, () => now);
  liveness.opened();
  /** Looks as often as the watchdog does, and answers pings where told to; the first verdict that asks for more. */
  const run = (ms: number, answersPings = true) => {
    for (const end = now + ms; now < end; ) {
      now += limits.checkMs;
      const verdict = liveness.check();
      if (verdict.act === 'ping' && answersPings) liveness.frame('iq');
      else if (verdict.act !== 'nothing' && verdict.act !== 'ping') return verdict;
    }
    return null;
  };
  return { liveness, run, jump: (ms: number) => (now += ms) };
}

describe('liveness', () => {
  it('takes an account where nothing happens for well while its pings are answered', () => {
    expect(scene().run(50_000)).toBeNull();
  });

  it('finds a connection whose pings have no answer', () => {
    const { run } = scene();
    expect(run(5_000, false)).toEqual({ act: 'restart', sign: 'no_answer' });
  });

  it('finds a connection that answers pings and nothing else, by the ack that does not come', () => {
    const { liveness, run } = scene();
    liveness.sent('A');
    expect(run(1_900)).toBeNull();
    expect(run(300)).toEqual({ act: 'restart', sign: 'no_ack' });
  });

  it('does not call a lost ack deafness while other things come', () => {
    const { liveness, run } = scene();
    liveness.sent('A');
    expect(run(1_000)).toBeNull();
    liveness.frame('message');
    expect(run(10_000)).toBeNull();
  });

  it('takes a receipt for the ack it overtook', () => {
    const { liveness, run } = scene();
    liveness.sent('A');
    liveness.receipt(['A']);
    expect(run(10_000)).toBeNull();
    expect(liveness.unacked).toBe(0);
  });

  it('knows an ack that is quicker than the word that the message has left', () => {
    const { liveness, run } = scene();
    liveness.acked('A');
    liveness.sent('A');
    expect(run(10_000)).toBeNull();
    expect(liveness.unacked).toBe(0);
  });

  it('misses receipts only where there were some before', () => {
    const { liveness, run } = scene();
    const sends = () => {
      for (const waId of ['A', 'B', 'C']) {
        liveness.sent(waId);
        liveness.acked(waId);
      }
    };
    sends();
    expect(run(10_000)).toBeNull();
    liveness.receipt(['A']);
    sends();
    expect(run(10_000)).toEqual({ act: 'restart', sign: 'no_receipts' });
  });

  it('gives up after so many restarts in a row, says so once, and hears when it is over', () => {
    const { liveness, run } = scene();
    const verdicts = Array.from({ length: 3 }, () => {
      liveness.opened();
      liveness.sent('A');
      return run(5_000)?.act;
    });
    expect(verdicts).toEqual(['restart', 'restart', 'give_up']);
    expect(run(20_000)).toBeNull();
    expect(liveness.restarts).toBe(2);
    expect(liveness.frame('message')).toBe(true);
    expect(liveness.frame('message')).toBe(false);
    expect(liveness.restarts).toBe(0);
  });

  it('renews a connection over which nothing came for hours, ever more seldom', () => {
    const { liveness, run } = scene();
    expect(run(61_000)).toEqual({ act: 'restart', sign: 'quiet' });
    liveness.opened();
    expect(run(110_000)).toBeNull();
    expect(run(20_000)).toEqual({ act: 'restart', sign: 'quiet' });
    liveness.opened();
    liveness.frame('message');
    expect(run(61_000)).toEqual({ act: 'restart', sign: 'quiet' });
  });

  it('asks before it judges after a time in which this process was asleep', () => {
    const { liveness, run, jump } = scene();
    liveness.sent('A');
    jump(30_000);
    expect(liveness.check()).toEqual({ act: 'ping' });
    liveness.frame('iq');
    liveness.acked('A');
    expect(run(200)).toBeNull();
  });

  it('measures by a clock that nobody sets', () => {
    const real = Date.now;
    const liveness = new Liveness({ ...LIVENESS_DEFAULTS, checkMs: 60_000 });
    liveness.opened();
    try {
      for (const jump of [-86_400_000, 86_400_000]) {
        Date.now = () => real() + jump;
        expect(liveness.check()).toEqual({ act: 'nothing' });
      }
    } finally {
      Date.now = real;
    }
  });
});
