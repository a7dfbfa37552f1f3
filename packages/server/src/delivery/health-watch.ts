import type { Engine, SessionHealth } from '../engine/port.ts';
import { keepHealth } from '../features/devices/index.ts';
import type { Clock } from '../platform/clock.ts';
import type { Db } from '../platform/db/port.ts';
import type { Logger } from '../platform/log.ts';

const EVERY_MS = 30_000;
/** A worker that does not answer so long is busy or gone; its devices are then not measured. */
const ANSWER_MS = 5_000;
/** Devices written by one statement. */
const BATCH = 200;

interface WatchServices {
  db: Db;
  engine: Engine;
  clock: Clock;
  log: Logger;
  /** The devices this node holds. */
  held(): string[];
  everyMs?: number | undefined;
}

/** Measures the devices of this node again and again, keeps what it finds and tells of what changed. */
export class HealthWatch implements AsyncDisposable {
  readonly #services: WatchServices;
  readonly #timer: NodeJS.Timeout;
  #running: Promise<void> | null = null;

  constructor(services: WatchServices) {
    this.#services = services;
    this.#timer = setInterval(() => {
      this.#running ??= this.#measure().finally(() => {
        this.#running = null;
      });
    }, services.everyMs ?? EVERY_MS);
    this.#timer.unref();
  }

  async #measure(): Promise<void> {
    const { db, clock, log } = this.#services;
    try {
      const ids = this.#services.held();
      for (let at = 0; at < ids.length; at += BATCH) {
        const asked = ids
          .slice(at, at + BATCH)
          .map(async (deviceId) => ({ deviceId, live: await this.#ask(deviceId) }));
        await keepHealth(db, await Promise.all(asked), clock.now());
      }
    } catch (error) {
      log.error({ err: error }, 'the health of devices was not kept; trying again');
    }
  }

  #ask(deviceId: string): Promise<SessionHealth | null> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<null>((resolve) => {
      timer = setTimeout(resolve, ANSWER_MS, null);
    });
    return Promise.race([this.#services.engine.health(deviceId), late]).finally(() => clearTimeout(timer));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    await this.#running;
  }
}
