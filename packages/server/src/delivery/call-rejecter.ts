import type { Engine } from '../engine/port.ts';
import { endCalls, type Unwanted } from '../features/calls/index.ts';
import type { Db } from '../platform/db/port.ts';
import type { Logger } from '../platform/log.ts';

/** Calls rejected at one time; what comes beyond goes on ringing. */
const MAX_RUNNING = 50;

interface Services {
  db: Db;
  engine: Engine;
  log: Logger;
}

/** Rejects calls to devices that take none. A call that could not be rejected rings on until its caller gives up. */
export class CallRejecter implements AsyncDisposable {
  readonly #services: Services;
  readonly #running = new Set<Promise<void>>();
  #stopped = false;

  constructor(services: Services) {
    this.#services = services;
  }

  reject(calls: readonly Unwanted[]): void {
    for (const call of calls) {
      if (this.#stopped || this.#running.size >= MAX_RUNNING) return;
      const run = this.#reject(call).finally(() => this.#running.delete(run));
      this.#running.add(run);
    }
  }

  async #reject({ workspaceId, deviceId, waId, caller }: Unwanted): Promise<void> {
    const { db, engine, log } = this.#services;
    try {
      await engine.ask(deviceId, 'rejectCall', { callId: waId, caller });
      await db.tx((tx) => endCalls(tx, [{ workspaceId, deviceId, waId, reason: 'rejected', at: new Date() }]));
    } catch (error) {
      log.warn({ err: error, deviceId }, 'a call could not be rejected');
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.#running);
  }
}
