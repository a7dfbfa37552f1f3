import { mendDeadlines, overdueDevices } from '../cluster/store.ts';
import { endCalls, overdueCalls } from '../features/calls/index.ts';
import { changeState, loseStaleGaps } from '../features/devices/index.ts';
import { endMessages } from '../features/messages/index.ts';
import { noteQuotas } from '../features/usage/index.ts';
import type { PlanBook } from '../operations/context.ts';
import { pieces } from '../platform/db/pieces.ts';
import type { Db } from '../platform/db/port.ts';
import type { Logger } from '../platform/log.ts';
import { alignWaiting } from './align.ts';
import { cleanUp } from './clean-up.ts';
import type { Dispatcher } from './dispatcher.ts';
import { findExpired } from './store.ts';

/** Deadlines that have passed are looked for so often. */
export const SWEEP_MS = 2_000;
const BATCH = 200;
/** A message on the way may still be acked for this long after its validity ended. */
const ON_THE_WAY_GRACE_MS = 60_000;
/** WhatsApp sends what it kept without a pause; when nothing of it came for this long it is not known whether all has come. */
const FILLING_MS = 5 * 60_000;
/** Nobody lets it ring for longer. */
const CALL_MS = 3 * 60_000;
const CLEAN_UP_EVERY_MS = 3600_000;
const QUOTAS_EVERY_MS = 5_000;

interface SweeperServices {
  db: Db;
  dispatcher: Dispatcher;
  plans: PlanBook;
  log: Logger;
  onDeviceChange(): void;
}

/** What the clock alone moves: validity, deadlines of transitional states, missing acks, quotas reached, old idempotency replies and presences, changes of messages that never came. */
export class Sweeper implements AsyncDisposable {
  readonly #services: SweeperServices;
  readonly #timer: NodeJS.Timeout;
  #running: Promise<void> | null = null;
  #cleaning: Promise<void> | null = null;
  #stopped = false;
  #cleanedAt = 0;
  #quotasAt = 0;

  constructor(services: SweeperServices) {
    this.#services = services;
    this.#timer = setInterval(() => {
      this.#running ??= this.#sweep().finally(() => {
        this.#running = null;
      });
      this.#cleanUp();
    }, SWEEP_MS);
    this.#timer.unref();
  }

  async #sweep(): Promise<void> {
    try {
      await this.#expireMessages();
      await this.#endOverdueStates();
      await this.#endSilentCalls();
      await this.#services.dispatcher.retrySilent();
      await loseStaleGaps(this.#services.db, new Date(Date.now() - FILLING_MS));
      await this.#noteQuotas();
    } catch (error) {
      this.#services.log.error({ err: error }, 'sweep failed; trying again');
    }
  }

  async #expireMessages(): Promise<void> {
    const { db } = this.#services;
    const rows = await findExpired(db, ON_THE_WAY_GRACE_MS, BATCH);
    if (rows.length === 0) return;
    const error = {
      code: 'EXPIRED',
      message: 'Its validity ended before it could be sent.',
      providerCode: null,
      retryable: true,
    };
    const patient = db.patient([]);
    for (const piece of pieces(rows, () => patient.rows(BATCH))) {
      await endMessages(patient, { status: 'expired', error }, piece);
    }
  }

  async #endOverdueStates(): Promise<void> {
    const { db, log } = this.#services;
    await mendDeadlines(db);
    const overdue = await overdueDevices(db, BATCH);
    for (const { id, workspace_id } of overdue) {
      const target = { workspaceId: workspace_id, deviceId: id, now: new Date() };
      const ended = db.tx(async (tx) => {
        const row = await changeState(tx, target, { kind: 'deadline' });
        if (row) await alignWaiting(tx, row);
      });
      // The others' time is up as well.
      await ended.catch((error: unknown) =>
        log.error({ err: error, deviceId: id }, 'a state that is overdue was not ended; trying again'),
      );
    }
    if (overdue.length > 0) this.#services.onDeviceChange();
  }

  /** Calls whose end WhatsApp did not tell: the device was away. */
  async #endSilentCalls(): Promise<void> {
    const { db } = this.#services;
    const overdue = await overdueCalls(db, new Date(Date.now() - CALL_MS), BATCH);
    if (overdue.length === 0) return;
    const ends = overdue.map((row) => ({
      workspaceId: row.workspace_id,
      deviceId: row.device_id,
      waId: row.wa_id,
      reason: 'unknown',
      at: new Date(),
    }));
    await db.tx((tx) => endCalls(tx, ends));
  }

  async #noteQuotas(): Promise<void> {
    const now = Date.now();
    if (now - this.#quotasAt < QUOTAS_EVERY_MS) return;
    this.#quotasAt = now;
    await noteQuotas(this.#services.db, this.#services.plans, new Date(now));
  }

  // Beside the sweeps, none of which waits for it: a backlog may take minutes.
  #cleanUp(): void {
    const now = Date.now();
    if (this.#cleaning || now - this.#cleanedAt < CLEAN_UP_EVERY_MS) return;
    this.#cleanedAt = now;
    this.#cleaning = cleanUp(this.#services, now, () => this.#stopped).finally(() => {
      this.#cleaning = null;
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped = true;
    clearInterval(this.#timer);
    await Promise.all([this.#running, this.#cleaning]);
  }
}
