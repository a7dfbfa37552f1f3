import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { openDatabase } from '../../src/platform/db/open.ts';
import { newId } from '../../src/platform/ids.ts';
import { createLogger } from '../../src/platform/log.ts';
import { Random } from '../crash/kit/random.ts';
import { createStorage, DATABASE_KINDS, type DatabaseKind, type TestStorage } from '../kit/db.ts';
import { HookWorld } from '../kit/hooks.ts';
import { ChaosNode, type Mood, MoodyReceivers, type NodeOrder, ordered } from './chaos.ts';

const SEED = 50_000;
/** Nodes have one database to share only where it is a server. */
const SIZES = {
  postgres: { nodes: 2, each: 5_000, pauseMs: 120 },
  pglite: { nodes: 1, each: 1_000, pauseMs: 500 },
} as const;
const DEVICES = 10;
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/** Simulated time passes a thousand times as fast, and once all is calm four thousand times. */
const TICK_MS = 240;
const TICK_AHEAD_MS = 4 * MINUTE_MS;
const CALM_AHEAD_MS = 4 * TICK_AHEAD_MS;
/** Of simulated time, from the first request on, unless the endpoint was seen paused before. */
const OUTAGE_MS = 36 * HOUR_MS;
const SUITE_MS = 900_000;
const IN_FLIGHT = 1_000;

const PATHS = {
  '/all': { events: ['test.*'], ordered: false, wants: () => true },
  '/rare': { events: ['test.rare'], ordered: false, wants: (n: number) => n % 5 === 0 },
  '/ordered': { events: ['test.rare'], ordered: true, wants: (n: number) => n % 5 === 0 },
  '/outage': { events: ['test.rare'], ordered: false, wants: (n: number) => n % 5 === 0 },
} as const;

type Path = keyof typeof PATHS;

const paths = Object.keys(PATHS) as Path[];

const refuse =
  (status: number, headers = {}): Mood =>
  (response) => {
    response.writeHead(status, headers).end('not now');
    return false;
  };
const breakOff: Mood = (response) => {
  response.destroy();
  return false;
};
/** Takes the event, and its answer is lost on the way: it comes again. */
const takeInSilence: Mood = (response) => {
  response.destroy();
  return true;
};

interface Scene extends AsyncDisposable {
  storage: TestStorage;
  receivers: MoodyReceivers;
  order: Omit<NodeOrder, 'holder' | 'devices'>;
  /** Ids of endpoints by path. */
  hooks: Map<string, string>;
}

async function scene(
  kind: DatabaseKind,
  wanted: Record<string, { events: string[]; ordered: boolean }>,
): Promise<Scene> {
  const storage = await createStorage(kind);
  mkdirSync(storage.dataDir, { recursive: true });
  const receivers = await MoodyReceivers.start();
  const { dataDir, databaseUrl } = storage;
  const masterKey = randomBytes(32);
  const hooks = new Map<string, string>();
  await using db = await openDatabase({ dataDir, databaseUrl, log: createLogger('silent') });
  const world = await HookWorld.create(db, masterKey);
  for (const [path, options] of Object.entries(wanted))
    hooks.set(path, (await world.hook(receivers.url(path), options)).id);
  return {
    storage,
    receivers,
    hooks,
    order: {
      dataDir,
      databaseUrl,
      masterKey: [...masterKey],
      workspaceId: world.workspaceId,
      each: 0,
      pauseMs: 0,
      times: { connectMs: 2_000, headersMs: 2_000, idleMs: 1_000, totalMs: 2_000 },
      pauseAfterMs: 12 * HOUR_MS,
    },
    [Symbol.asyncDispose]: async () => {
      await receivers[Symbol.asyncDispose]();
      await storage[Symbol.asyncDispose]();
    },
  };
}

/** What the log tells of an endpoint, oldest first. */
async function statesIn({ order: { dataDir, databaseUrl } }: Scene, webhookId: string): Promise<string[]> {
  await using db = await openDatabase({ dataDir, databaseUrl, log: createLogger('silent') });
  const rows = await db.query<{ type: string }>('select type from event where subject_id = $1 order by sequence', [
    webhookId,
  ]);
  return rows.map(({ type }) => type);
}

/** Calls `step` again and again until it says that is all, or for as long as the suite may take. */
async function again(step: () => boolean | Promise<boolean>, everyMs: () => number): Promise<void> {
  const end = performance.now() + SUITE_MS;
  while (performance.now() < end && !(await step())) await sleep(everyMs());
}

describe.each(DATABASE_KINDS)('webhooks in chaos on %s', (kind) => {
  it(
    'bring every event to every endpoint, through kills, flapping receivers and days of time',
    async () => {
      const { nodes: count, each, pauseMs } = SIZES[kind];
      const random = new Random(SEED);
      await using it = await scene(
        kind,
        Object.fromEntries(paths.map((path) => [path, { ...PATHS[path], events: [...PATHS[path].events] }])),
      );
      const { receivers, hooks, order } = it;
      const devices = Array.from({ length: DEVICES }, () => newId('dev'));
      const said: string[] = [];
      const nodes = Array.from({ length: count }, (_, at) => {
        const own = devices.filter((_device, n) => n % count === at);
        return new ChaosNode({ ...order, each, pauseMs, holder: `node_${at}`, devices: own }, (text) =>
          said.push(text),
        );
      });
      const expected = new Map(
        paths.map((path) => {
          const numbers = Array.from({ length: each }, (_, n) => n).filter(PATHS[path].wants);
          return [path, numbers] as const;
        }),
      );
      const outage = String(hooks.get('/outage'));
      let ahead = 0;
      let kills = 0;
      let outageEnds = Number.POSITIVE_INFINITY;
      const isOut = () => ahead < outageEnds && !said.includes(`${outage} paused`);
      const outOfOrder: Mood = (response) => {
        outageEnds = Math.min(outageEnds, ahead + OUTAGE_MS);
        return refuse(502)(response);
      };
      const written = () => nodes.every(({ hasWritten }) => hasWritten);
      const missing = () =>
        [...expected].reduce((sum, [path, numbers]) => sum + numbers.length * DEVICES - receivers.had(path).size, 0);
      const isOver = () => written() && missing() === 0;
      const clock = again(
        () => {
          ahead += written() && !isOut() ? CALM_AHEAD_MS : TICK_AHEAD_MS;
          for (const node of nodes) node.setAhead(ahead);
          return isOver();
        },
        () => TICK_MS,
      );
      const bad = [
        refuse(500),
        refuse(503, { 'retry-after': '30' }),
        refuse(429, { 'retry-after': '600' }),
        refuse(301, { location: receivers.url('/all') }),
        breakOff,
        takeInSilence,
        receivers.hold,
      ];
      const flapping = again(
        () => {
          const isCalm = written();
          for (const path of paths) {
            if (path === '/outage' && isOut()) receivers.moods.set(path, outOfOrder);
            else if (!isCalm && random.below(3) === 0) receivers.moods.set(path, random.pick(bad));
            else receivers.moods.delete(path);
          }
          return isOver();
        },
        () => 200 + random.below(800),
      );
      const lives = nodes.map(async (node) => {
        await node.begin();
        await again(
          async () => {
            if (node.hasWritten) return true;
            await sleep(300 + random.below(4_000));
            if (node.hasWritten) return true;
            await node.kill();
            kills += 1;
            await node.begin();
            return false;
          },
          () => 0,
        );
      });
      await Promise.all(lives);
      // What was given up is asked for again, as its receiver's owner would.
      const replays = again(
        () => {
          for (const id of hooks.values()) nodes[0]?.replay(id);
          return isOver();
        },
        () => 2_000,
      );
      await Promise.all([clock, flapping, replays]);
      for (const node of nodes) await node.kill();

      const had = (path: Path) => [...receivers.had(path).values()];
      const doubled = paths.reduce((sum, path) => sum + had(path).reduce((all, { times }) => all + times - 1, 0), 0);
      const replayed = nodes.reduce((sum, node) => sum + node.replayed, 0);
      const lines = [
        ['events', DEVICES * each],
        ['deliveries wanted', [...expected.values()].reduce((sum, { length }) => sum + length * DEVICES, 0)],
        ['requests', receivers.requests],
        ['kills', kills],
        ['simulated hours', Math.round(ahead / HOUR_MS)],
        ['given up, and asked for again', replayed],
        ['lost', missing()],
        ['duplicates', doubled],
      ].map(([name, value]) => `  ${String(name).padEnd(30)}${String(value).padStart(8)}`);
      process.stdout.write([`\nWebhooks in chaos on ${kind} (seed ${SEED})`, ...lines, ''].join('\n'));
      expect(missing()).toBe(0);
      for (const path of paths)
        for (const device of devices) expect(ordered(had(path), device)).toEqual(expected.get(path));
      expect(kills).toBeGreaterThan(5);
      expect(await statesIn(it, outage)).toEqual(expect.arrayContaining(['webhook.paused', 'webhook.resumed']));
      // No message of a chat came before the one in front of it had been answered.
      if (replayed === 0) {
        const chats = new Map<string, number[]>();
        for (const { conversationId, n } of had('/ordered'))
          chats.set(conversationId, [...(chats.get(conversationId) ?? []), n]);
        for (const numbers of chats.values()) expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
      }
    },
    SUITE_MS,
  );

  it(`lose none of ${IN_FLIGHT} deliveries that are in flight when their node is killed`, async () => {
    await using it = await scene(kind, { '/crowd': { events: ['test.*'], ordered: false } });
    const { receivers, order } = it;
    const wide = 2 * IN_FLIGHT;
    const bounds = { total: wide, each: wide, slow: wide, slowEach: wide, slowMs: 60_000, window: wide };
    const patient = { connectMs: 60_000, headersMs: 60_000, idleMs: 60_000, totalMs: 60_000 };
    const device = newId('dev');
    const told = { ...order, times: patient, bounds, devices: [device], each: 3 * IN_FLIGHT, pauseMs: 5 };
    await using node = new ChaosNode({ ...told, holder: 'node_crowd' });
    await node.begin();
    // Its window opens with what is answered; then nothing is.
    await expect.poll(() => receivers.had('/crowd').size, { timeout: 60_000 }).toBeGreaterThan(IN_FLIGHT / 2);
    receivers.moods.set('/crowd', receivers.hold);
    await expect.poll(() => receivers.held, { timeout: 60_000 }).toBeGreaterThanOrEqual(IN_FLIGHT);
    await node.kill();
    receivers.moods.delete('/crowd');
    await node.begin();
    await expect.poll(() => receivers.had('/crowd').size, { timeout: 60_000 }).toBe(3 * IN_FLIGHT);
    expect(ordered(receivers.had('/crowd').values(), device)).toEqual(
      Array.from({ length: 3 * IN_FLIGHT }, (_, n) => n),
    );
  });
});
