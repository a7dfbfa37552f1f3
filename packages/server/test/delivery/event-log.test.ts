import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { deleteOldEvents } from '../../src/features/data-rights/retention-store.ts';
import { followLog } from '../../src/features/events/follow.ts';
import {
  LOG_START,
  LogTail,
  listEventsOfSubject,
  readLog,
  readWholeLog,
  recordEvents,
} from '../../src/features/events/index.ts';
import { findCursorState } from '../../src/features/events/log-store.ts';
import { insertWorkspace } from '../../src/features/workspaces/store.ts';
import type { Db, Queryable } from '../../src/platform/db/port.ts';
import { newId } from '../../src/platform/ids.ts';
import { createLogger } from '../../src/platform/log.ts';
import { describeEachDb } from '../kit/db.ts';

const WRITERS = 12;
const DEVICES = 4;
const SLOW_MS = 400;

/** One transaction of a writer: how many events of which device, what it does before them, and how it ends. */
interface Step {
  device: number;
  events: number;
  /** Takes the number of its transaction before it waits for the device, as a change of another row does. */
  numberedEarly: boolean;
  fails: boolean;
  pauseMs: number;
}

const step: fc.Arbitrary<Step> = fc.record({
  device: fc.nat(DEVICES - 1),
  events: fc.integer({ min: 1, max: 4 }),
  numberedEarly: fc.boolean(),
  fails: fc.constantFrom(false, false, false, true),
  pauseMs: fc.nat(4),
});
const plans = fc.array(fc.array(step, { minLength: 4, maxLength: 10 }), { minLength: WRITERS, maxLength: WRITERS });

/** What was seen of one device: the number each event was written under, and its sequence. */
interface Seen {
  n: number;
  sequence: number;
}

class World {
  readonly db: Db;
  readonly workspaceId = newId('ws');
  readonly devices = Array.from({ length: DEVICES }, () => newId('dev'));
  /** How many events of each device are committed: changed only by who holds the device. */
  readonly written = new Map<string, number>();
  isWriting = true;

  constructor(db: Db) {
    this.db = db;
  }

  get total(): number {
    return [...this.written.values()].reduce((sum, n) => sum + n, 0);
  }

  async write(step: Step): Promise<void> {
    const deviceId = this.devices[step.device] ?? '';
    const failed = new Error('fails on purpose');
    const done = this.db.tx(async (tx) => {
      if (step.numberedEarly) await tx.query('select pg_current_xact_id()');
      await tx.query('select pg_advisory_xact_lock(hashtext($1))', [deviceId]);
      const from = this.written.get(deviceId) ?? 0;
      const numbers = Array.from({ length: step.events }, (_, i) => from + i);
      await record(tx, this.workspaceId, deviceId, numbers);
      // Transactions end in another order than they began in; the embedded database runs one at a time.
      if (this.db.kind === 'postgres') await sleep(step.pauseMs);
      if (step.fails) throw failed;
      this.written.set(deviceId, from + step.events);
    });
    await done.catch((error: unknown) => {
      if (error !== failed) throw error;
    });
  }

  /** Holds back everything behind it for a while. */
  async writeSlowly(): Promise<void> {
    await this.db.tx(async (tx) => {
      const deviceId = newId('dev');
      await record(tx, this.workspaceId, deviceId, [0]);
      if (this.db.kind === 'postgres') await sleep(SLOW_MS);
      this.written.set(deviceId, 1);
    });
  }

  async run(writers: readonly (readonly Step[])[]): Promise<void> {
    const one = async (steps: readonly Step[]) => {
      for (const step of steps) await this.write(step);
    };
    await Promise.all([this.writeSlowly(), ...writers.map(one)]);
    this.isWriting = false;
  }
}

const record = (tx: Queryable, workspaceId: string, deviceId: string, numbers: number[]) =>
  recordEvents(
    tx,
    numbers.map((n) => ({ workspaceId, deviceId, subjectId: null, type: 'test', data: { n } })),
  );

const numberOf = (data: unknown): number => Number(Reflect.get(Object(data), 'n'));

/** What a reader saw, by device, in the order it saw it. */
class Sightings {
  readonly byDevice = new Map<string, Seen[]>();
  count = 0;

  add(deviceId: string | null, seen: Seen): void {
    const list = this.byDevice.get(deviceId ?? '') ?? [];
    this.byDevice.set(deviceId ?? '', list);
    list.push(seen);
    this.count += 1;
  }

  /** Everything once, and by `sequence` in the order in which it happened. */
  expectAllOf(world: World): void {
    expect([...this.byDevice.keys()].sort()).toEqual([...world.written.keys()].sort());
    for (const [deviceId, seen] of this.byDevice) {
      const ordered = seen.toSorted((a, b) => a.sequence - b.sequence).map(({ n }) => n);
      expect(ordered).toEqual(Array.from({ length: world.written.get(deviceId) ?? 0 }, (_, n) => n));
    }
  }
}

const ALL = { types: null, deviceId: null, devices: null };

/** Reads pages until the writers are done and nothing is left. */
async function pull(world: World, types: string[] | null): Promise<Sightings> {
  const { db, workspaceId } = world;
  const seen = new Sightings();
  for (let after = LOG_START; ; ) {
    const wasWriting = world.isWriting;
    const page = await readLog(db, { workspaceId, after, filter: { ...ALL, types }, limit: 7 });
    for (const row of page.rows) seen.add(row.device_id, { n: numberOf(row.data), sequence: Number(row.sequence) });
    after = page.next;
    if (page.rows.length === 0 && !page.hasMore && !wasWriting && seen.count >= world.total) return seen;
  }
}

/** The log of all workspaces, as what delivers events reads it. */
async function pullWhole(world: World): Promise<Sightings> {
  const seen = new Sightings();
  for (let after = LOG_START; world.isWriting || seen.count < world.total; ) {
    const page = await readWholeLog(world.db, { after, limit: 20 });
    for (const row of page.rows)
      if (row.workspace_id === world.workspaceId)
        seen.add(row.device_id, { n: numberOf(row.data), sequence: Number(row.sequence) });
    after = page.next;
  }
  return seen;
}

/** A stream that begins while others write, so that it has to go from what is stored to what comes. */
async function stream(world: World, tail: LogTail): Promise<Sightings> {
  const { db, workspaceId } = world;
  const seen = new Sightings();
  const hangUp = new AbortController();
  const timer = setInterval(() => {
    if (!world.isWriting && seen.count >= world.total) hangUp.abort();
  }, 20);
  const options = { tail, db, workspaceId, filter: ALL, after: LOG_START, isEndless: true };
  for await (const text of followLog({ ...options, signal: hangUp.signal, mayGoOn: async () => true }))
    for (const line of text.split('\n').filter((one) => one.startsWith('data: '))) {
      const event = JSON.parse(line.slice('data: '.length));
      seen.add(event.deviceId, { n: event.data.n, sequence: event.sequence });
    }
  clearInterval(timer);
  return seen;
}

describeEachDb('the event log', (database) => {
  it('shows every reader each event once, and those of a device in order, whatever twelve writers do meanwhile', async () => {
    const { db } = database();
    await fc.assert(
      fc.asyncProperty(plans, async (writers) => {
        const world = new World(db);
        await using tail = new LogTail({ db, log: createLogger('silent') });
        const beat = setInterval(() => tail.bell.ring(), 10);
        const [, plain, filtered, whole, streamed] = await Promise.all([
          world.run(writers),
          pull(world, null),
          pull(world, ['test']),
          pullWhole(world),
          sleep(30).then(() => stream(world, tail)),
        ]);
        clearInterval(beat);
        for (const sightings of [plain, filtered, whole, streamed]) sightings.expectAllOf(world);
      }),
      { numRuns: 3 },
    );
  });

  it('tells of the last event that retention deleted, and keeps what stands behind a younger one', async () => {
    const { db } = database();
    const workspaceId = newId('ws');
    await insertWorkspace(db, { id: workspaceId, name: 'Old', plan: 'enterprise', dataKey: Buffer.alloc(61) });
    for (let n = 0; n < 6; n += 1) await record(db, workspaceId, newId('dev'), [n]);
    const age = (n: number) =>
      db.query(
        `update event set created_at = now() - interval '9 days' where workspace_id = $1 and (data ->> 'n')::int = $2`,
        [workspaceId, n],
      );
    for (const n of [0, 1, 3]) await age(n);
    const rows = async () => (await readLog(db, { workspaceId, after: LOG_START, filter: ALL, limit: 50 })).rows;
    await expect.poll(async () => (await rows()).length, { timeout: 20_000 }).toBe(6);
    const before = await rows();
    expect(await deleteOldEvents(db, { workspaceId, days: 5, limit: 100 })).toBe(2);
    expect((await rows()).map(({ data }) => numberOf(data))).toEqual([2, 3, 4, 5]);
    const stateAt = async (n: number) => findCursorState(db, workspaceId, before[n] ?? LOG_START);
    const second = { tx: before[1]?.tx, sequence: before[1]?.sequence };
    expect(await stateAt(0)).toEqual({ oldest: second, isAhead: false });
    for (const n of [1, 2, 5]) expect(await stateAt(n)).toEqual({ oldest: null, isAhead: false });
    expect((await findCursorState(db, workspaceId, { tx: '999999999999', sequence: '1' })).isAhead).toBe(true);
  });

  it('lets a reader of a rare type go on past what it does not want', async () => {
    const { db } = database();
    const workspaceId = newId('ws');
    const deviceId = newId('dev');
    const many = Array.from({ length: 5_200 }, (_, n) => n);
    await record(db, workspaceId, deviceId, many);
    const rare = { workspaceId, deviceId, subjectId: null, type: 'rare', data: { n: 0 } };
    await recordEvents(db, [rare]);
    const filter = { ...ALL, types: ['rare'] };
    const read = (after: typeof LOG_START) => readLog(db, { workspaceId, after, filter, limit: 10 });
    await expect.poll(async () => (await read(LOG_START)).hasMore, { timeout: 20_000 }).toBe(true);
    const first = await read(LOG_START);
    expect(first.rows).toEqual([]);
    await expect.poll(async () => (await read(first.next)).rows.length, { timeout: 20_000 }).toBe(1);
    expect((await read(first.next)).hasMore).toBe(false);
  });

  it('shows the newest two hundred events of an object that has more, oldest first', async () => {
    const { db } = database();
    const workspaceId = newId('ws');
    const subjectId = newId('msg');
    const events = Array.from({ length: 205 }, (_, n) => ({
      workspaceId,
      deviceId: null,
      subjectId,
      type: 'test',
      data: { n },
    }));
    await recordEvents(db, events);
    const shown = (await listEventsOfSubject(db, workspaceId, subjectId)).map(({ data }) => numberOf(data));
    expect(shown).toEqual(Array.from({ length: 200 }, (_, n) => n + 5));
  });
});
