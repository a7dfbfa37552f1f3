import { overdueDevices } from '../cluster/store.ts';
import { changeState } from '../features/devices/index.ts';
import { deleteUnclaimedChanges, endMessages } from '../features/messages/index.ts';
import { noteQuotas } from '../features/usage/index.ts';
import type { PlanBook } from '../operations/context.ts';
import { deleteOldReplies } from '../operations/idempotency/store.ts';
import type { Db } from '../platform/db/port.ts';
import type { Logger } from '../platform/log.ts';
import { alignWaiting } from './align.ts';
import type { Dispatcher } from './dispatcher.ts';
import { findExpired } from './store.ts';

const SWEEP_MS = 2_000;
const BATCH = 200;
/** A message on the way may still be acked for this long after its validity ended. */
const ON_THE_WAY_GRACE_MS = 60_000;
const KEEP_REPLIES_MS = 7 * 24 * 3600_000;
/** Edits and reactions wait this long for the message they are about. */
const KEEP_CHANGES_MS = 7 * 24 * 3600_000;
const REPLIES_EVERY_MS = 3600_000;
const QUOTAS_EVERY_MS = 5_000;

interface SweeperServices {
  db: Db;
  dispatcher: Dispatcher;
  plans: PlanBook;
  log: Logger;
  onDeviceChange(): void;
}

/** What the clock alone moves: validity, deadlines of transitional states, missing acks, quotas reached, old idempotency replies, changes of messages that never came. */
export class Sweeper implements AsyncDisposable {
  readonly #services: SweeperServices;
  readonly #timer: NodeJS.Timeout;
  #running: Promise<void> | null = null;
  #repliesAt = 0;
  #quotasAt = 0;

  constructor(services: SweeperServices) {
    this.#services = services;
    this.#timer = setInterval(() => {
      this.#running ??= this.#sweep().finally(() => {
        this.#running = null;
      });
    }, SWEEP_MS);
    this.#timer.unref();
  }

  async #sweep(): Promise<void> {
    try {
      await this.#expireMessages();
      await this.#endOverdueStates();
      await this.#services.dispatcher.retrySilent();
      await this.#noteQuotas();
      await this.#forgetReplies();
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
    await endMessages(db, { status: 'expired', error }, rows);
  }

  async #endOverdueStates(): Promise<void> {
    const { db } = this.#services;
    const overdue = await overdueDevices(db, BATCH);
    for (const { id, workspace_id } of overdue) {
      await db.tx(async (tx) => {
        const row = await changeState(
          tx,
          { workspaceId: workspace_id, deviceId: id, now: new Date() },
          { kind: 'deadline' },
        );
        if (row) await alignWaiting(tx, row);
      });
    }
    if (overdue.length > 0) this.#services.onDeviceChange();
  }

  async #noteQuotas(): Promise<void> {
    const now = Date.now();
    if (now - this.#quotasAt < QUOTAS_EVERY_MS) return;
    this.#quotasAt = now;
    await noteQuotas(this.#services.db, this.#services.plans, new Date(now));
  }

  async #forgetReplies(): Promise<void> {
    const now = Date.now();
    if (now - this.#repliesAt < REPLIES_EVERY_MS) return;
    this.#repliesAt = now;
    await deleteOldReplies(this.#services.db, new Date(now - KEEP_REPLIES_MS));
    await deleteUnclaimedChanges(this.#services.db, new Date(now - KEEP_CHANGES_MS));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    await this.#running;
  }
}
