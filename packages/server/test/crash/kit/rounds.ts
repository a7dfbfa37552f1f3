import { setTimeout as sleep } from 'node:timers/promises';
import { FAULT_POINTS, type FaultPoint } from '../../../src/platform/fault-points.ts';
import type { ApiClient } from '../../kit/api.ts';
import { Life } from './life.ts';
import type { Random } from './random.ts';
import type { World } from './world.ts';

/** Where the process may die without a fault point: at any moment. */
export type Cause = FaultPoint | 'worker at random' | 'server at random' | 'server while starting';

/** Kills counted by cause. */
export type Tally = Map<Cause, number>;

const isWorkerPoint = (point: FaultPoint): boolean => point.startsWith('worker.');
const SERVER_POINTS = FAULT_POINTS.filter((point) => !isWorkerPoint(point));
const WORKER_POINTS = FAULT_POINTS.filter(isWorkerPoint);

/** How deep into a life a point may be armed: up to so many passes survive. */
const DEPTH: Partial<Record<FaultPoint, number>> = {
  'online.unclaimed': 2,
  'dispatch.after-claim': 5,
  'dispatch.handed-over': 5,
  'worker.before-frame': 70,
  'worker.after-frame': 70,
  'worker.inbound-decrypted': 5,
};
const DEFAULT_DEPTH = 12;
/** A point that is not reached within this time of load is given up for this life. */
const PATIENCE_MS = 12_000;
const TRICKLE_MS = 300;
/** Worker deaths at moments nobody chose in one life: each costs a moment, a life of the server many seconds. */
const WORKER_KILLS = 5;

/** The lives of one gateway, each ended by a kill. */
export class Rounds {
  readonly tally: Tally = new Map();
  readonly #world: World;
  readonly #random: Random;
  /** Milliseconds the last start took, to aim kills at the next one. */
  #startMs = 1_000;
  lives = 0;

  constructor(world: World, random: Random) {
    this.#world = world;
    this.#random = random;
  }

  get kills(): number {
    return [...this.tally.values()].reduce((sum, count) => sum + count, 0);
  }

  /** Arms one server point and one worker point; who dies first is as it comes. */
  async armed(round: number): Promise<void> {
    const server = at(SERVER_POINTS, round);
    const worker = at(WORKER_POINTS, round);
    await using life = this.#start({
      WAPING_FAULT_POINT: this.#spec(server),
      WAPING_WORKER_FAULT_POINT: this.#spec(worker),
    });
    await this.#live(life, (api) => this.#load(api, life, () => false));
    this.#count(worker, life.workerDeaths);
    if (life.killed) this.#count(server, 1);
    else await this.#killAtRandom(life);
  }

  /** Kills an engine worker at a point and then at moments nobody chose, and the server last. */
  async workers(round: number): Promise<void> {
    const point = at(WORKER_POINTS, round);
    await using life = this.#start({ WAPING_WORKER_FAULT_POINT: this.#spec(point) });
    await this.#live(life, async (api) => {
      await this.#load(api, life, () => life.workerDeaths > 0);
      this.#count(point, life.workerDeaths);
      const load = this.#world.send(api, life, 5);
      for (let n = 0; n < WORKER_KILLS; n += 1) {
        await sleep(this.#random.below(900));
        if (life.killWorker()) this.#count('worker at random', 1);
      }
      await load;
      await sleep(this.#random.below(600));
    });
    await this.#killAtRandom(life);
  }

  /** Kills a server that is not up yet. */
  async starting(): Promise<void> {
    await using life = this.#start({});
    await sleep(this.#random.below(this.#startMs * 1.3));
    await life.kill();
    this.#count('server while starting', 1);
  }

  #start(env: Record<string, string>): Life {
    this.lives += 1;
    return new Life(this.#world.installation, env);
  }

  async #live(life: Life, act: (api: ApiClient) => Promise<void>): Promise<void> {
    const api = await life.ready();
    if (!api) return;
    this.#startMs = Date.now() - life.startedAt;
    await act(api);
  }

  /** Traffic both ways until it did what it is for, or the gateway is dead, or nobody believes in it any more. */
  async #load(api: ApiClient, life: Life, done: () => boolean): Promise<void> {
    const until = Date.now() + PATIENCE_MS;
    await Promise.all([this.#world.send(api, life, 3), this.#world.write()]);
    while (!life.over && !done() && Date.now() < until) {
      await this.#world.send(api, life, 1);
      await sleep(TRICKLE_MS);
    }
  }

  async #killAtRandom(life: Life): Promise<void> {
    if (life.over) throw new Error(`the gateway ended by itself:\n${life.output}`);
    await life.kill();
    this.#count('server at random', 1);
  }

  #spec(point: FaultPoint): string {
    return `${point}:${this.#random.below(DEPTH[point] ?? DEFAULT_DEPTH)}`;
  }

  #count(cause: Cause, kills: number): void {
    if (kills > 0) this.tally.set(cause, (this.tally.get(cause) ?? 0) + kills);
  }
}

function at<T>(list: readonly T[], index: number): T {
  const found = list[index % list.length];
  if (found === undefined) throw new RangeError('an empty list');
  return found;
}
