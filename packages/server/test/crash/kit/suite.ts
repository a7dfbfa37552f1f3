import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FAULT_POINTS } from '../../../src/platform/fault-points.ts';
import type { DatabaseKind } from '../../kit/db.ts';
import { Random } from './random.ts';
import { Rounds } from './rounds.ts';
import { judge, type Verdict } from './verdict.ts';
import { createWorld, type World } from './world.ts';

const SEED = 20_261;
/** On each database in a run of the tests. More by hand: see CONTRIBUTING.md. */
const KILLS = Number(process.env['WAPING_CRASH_KILLS'] ?? 200);
/** Two for every server point; lives of other kinds come between them. */
const MIN_ROUNDS = 26;
const MAX_ROUNDS = KILLS + 20;
const SUITE_MS = KILLS * 12_000;

function table(kind: DatabaseKind, rounds: Rounds, verdict: Verdict): string {
  const rows = [
    ...[...rounds.tally]
      .sort(([a], [b]) => a.localeCompare(b))
      .map(([cause, kills]) => [`killed: ${cause}`, kills] as const),
    ['kills in total', rounds.kills] as const,
    ['lives', rounds.lives] as const,
    ['messages accepted', verdict.sends] as const,
    ['messages received', verdict.inbound] as const,
    ...Object.entries(verdict.figures),
    ['asked for again by phones', verdict.unreadable.phones] as const,
    ['asked for again by devices', verdict.unreadable.devices.length] as const,
    ['chats out of order', verdict.disordered.length] as const,
    ['lost', verdict.lost.length] as const,
    ['doubled', verdict.doubled.length] as const,
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  const lines = rows.map(([name, value]) => `  ${name.padEnd(width)}  ${String(value).padStart(6)}`);
  lines.push(...verdict.unreadable.devices.map((why) => `  asked again: ${why}`));
  return [`\nCrash suite on ${kind} (seed ${SEED})`, ...lines, ''].join('\n');
}

async function killAgainAndAgain(rounds: Rounds): Promise<void> {
  for (let round = 0; round < MAX_ROUNDS && (round < MIN_ROUNDS || rounds.kills < KILLS); round += 1) {
    await rounds.armed(round);
    if (round % 3 === 0) await rounds.starting();
    if (round % 3 === 1) await rounds.workers((round - 1) / 3);
  }
}

/** Kills the gateway and its engine workers at every step, then counts what the phones show and the API knows. */
export function crashSuite(kind: DatabaseKind): void {
  describe(`kill -9 of the server and its engine workers on ${kind}`, () => {
    const random = new Random(SEED);
    let world: World;
    let rounds: Rounds;
    let verdict: Verdict;

    beforeAll(async () => {
      world = await createWorld(kind, random);
      rounds = new Rounds(world, random);
      await killAgainAndAgain(rounds);
      await using server = await world.start();
      verdict = await judge(world, server.api);
      process.stdout.write(table(kind, rounds, verdict));
    }, SUITE_MS);
    afterAll(() => world?.[Symbol.asyncDispose]());

    it(`has killed at least ${KILLS} times, at every fault point`, () => {
      expect(rounds.kills).toBeGreaterThanOrEqual(KILLS);
      expect(FAULT_POINTS.filter((point) => !rounds.tally.has(point))).toEqual([]);
    });
    it('loses no accepted and no received message', () => {
      expect(verdict.lost).toEqual([]);
    });
    it('shows and stores no message twice', () => {
      expect(verdict.doubled).toEqual([]);
    });
    it('keeps the order of every chat', () => {
      expect(verdict.disordered).toEqual([]);
    });
    it('sends nothing that a phone cannot open, and can open what it is sent again', () => {
      expect(verdict.unreadable).toEqual({ phones: 0, devices: [] });
    });
    it('brings every message to its final status', () => {
      expect(verdict.stuck).toEqual([]);
    });
    it('answers every Idempotency-Key with the id it first answered', () => {
      expect(verdict.forgotten).toEqual([]);
    });
    it('has made no message that no client asked for', () => {
      expect(verdict.strange).toEqual([]);
    });
  });
}
