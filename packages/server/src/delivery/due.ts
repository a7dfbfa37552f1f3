import { nextDue, releaseDue } from '../features/messages/index.ts';
import type { Clock } from '../platform/clock.ts';
import type { Db } from '../platform/db/port.ts';
import type { Logger } from '../platform/log.ts';

/** Between two looks at what is due next: a message scheduled for less than this ahead may leave so much late. */
const LOOK_MS = 1_000;
/** Released by one statement. */
const BATCH = 500;

interface DueServices {
  db: Db;
  clock: Clock;
  log: Logger;
  onReleased(deviceId: string): void;
}

/**
 * Puts messages into line when their time comes: scheduled ones, and those that pacing holds back. Wakes up for the
 * earliest of them, and looks once a second (one index look-up) whether another has become it. A clock that jumps ahead
 * makes messages early by the jump; one that jumps back makes them late by it. The row leaves its wait only once.
 */
export class DueMessages implements AsyncDisposable {
  readonly #services: DueServices;
  #timer: NodeJS.Timeout | null = null;
  #running: Promise<void>;
  #stopped = false;

  constructor(services: DueServices) {
    this.#services = services;
    this.#running = this.#run();
  }

  async #run(): Promise<void> {
    const { log } = this.#services;
    const wait = await this.#release().catch((error: unknown) => {
      log.error({ err: error }, 'messages that are due were not released; trying again');
      return LOOK_MS;
    });
    if (this.#stopped) return;
    this.#timer = setTimeout(() => {
      this.#running = this.#run();
    }, wait);
    this.#timer.unref();
  }

  /** Milliseconds until the next look. */
  async #release(): Promise<number> {
    const { db, clock, onReleased } = this.#services;
    const at = await nextDue(db);
    const ahead = at === null ? LOOK_MS : at.getTime() - clock.now().getTime();
    if (ahead > 0) return Math.min(ahead, LOOK_MS);
    const patient = db.patient([]);
    const released = await releaseDue(patient, clock.now(), patient.rows(BATCH));
    for (const deviceId of new Set(released.map((row) => row.device_id))) onReleased(deviceId);
    // None where another node has them in hand.
    return released.length > 0 ? 0 : LOOK_MS;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped = true;
    if (this.#timer) clearTimeout(this.#timer);
    await this.#running;
  }
}
