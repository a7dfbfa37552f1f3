import { EngineAskError, type ReadItem } from '../engine/asks.ts';
import type { Address, Engine } from '../engine/port.ts';
import { messagesToRead, type PendingRead, pendingReads, settleRead } from '../features/conversations/index.ts';
import type { Db } from '../platform/db/port.ts';
import { groupBy } from '../platform/group-by.ts';
import type { Logger } from '../platform/log.ts';

/** Also how late the reads that another node accepted are told of. */
const POLL_MS = 2_000;
const CHATS = 100;
/** Receipts of one chat at most: nobody looks at the ticks of a thousand messages ago. */
const MESSAGES = 1_000;
/** Receipts that did not leave are tried again after this; the device's other chats do not wait for them. */
const PUT_OFF_MS = 60_000;

function person(phone: string | null, lid: string | null): Address | null {
  if (phone === null && lid === null) return null;
  return { kind: 'person', ...(phone === null ? {} : { phone }), ...(lid === null ? {} : { lid }) };
}

function chatOf(read: PendingRead): Address | null {
  if (read.kind === 'group') return read.group_id === null ? null : { kind: 'group', id: read.group_id };
  if (read.kind === 'status') return { kind: 'status' };
  return person(read.phone, read.lid);
}

/**
 * Tells WhatsApp what was marked read on connected devices, for each of them by itself: one whose WhatsApp does not
 * answer keeps no other waiting. A row goes when its receipts have left; a crash before that sends them again, which
 * changes nothing for anybody.
 */
export class ReadReceipts implements AsyncDisposable {
  readonly #db: Db;
  readonly #engine: Engine;
  readonly #log: Logger;
  readonly #online = new Set<string>();
  readonly #woken = new Set<string>();
  /** Devices whose receipts are being told of. */
  readonly #telling = new Map<string, Promise<void>>();
  /** Chats that are put off, until when (Unix milliseconds). */
  readonly #putOff = new Map<string, number>();
  readonly #poll: NodeJS.Timeout;
  #running: Promise<void> | null = null;
  #stopped = false;

  constructor(services: { db: Db; engine: Engine; log: Logger }) {
    this.#db = services.db;
    this.#engine = services.engine;
    this.#log = services.log;
    this.#poll = setInterval(() => this.#wakeAll([...this.#online]), POLL_MS);
    this.#poll.unref();
  }

  online(deviceId: string): void {
    this.#online.add(deviceId);
    this.wake(deviceId);
  }

  offline(deviceId: string): void {
    this.#online.delete(deviceId);
    this.#woken.delete(deviceId);
  }

  wake(deviceId: string): void {
    if (this.#online.has(deviceId)) this.#wakeAll([deviceId]);
  }

  #wakeAll(deviceIds: readonly string[]): void {
    for (const id of deviceIds) this.#woken.add(id);
    if (this.#stopped || this.#woken.size === 0) return;
    this.#running ??= this.#drain().finally(() => {
      this.#running = null;
    });
  }

  async #drain(): Promise<void> {
    while (this.#woken.size > 0 && !this.#stopped) {
      // One that is being told for is looked at again after it.
      const deviceIds = [...this.#woken].filter((id) => !this.#telling.has(id));
      this.#woken.clear();
      if (deviceIds.length === 0) return;
      try {
        const reads = await pendingReads(this.#db, { deviceIds, without: this.#chatsPutOff(), limit: CHATS });
        for (const [deviceId, own] of groupBy(reads, (read) => read.device_id)) this.#begin(deviceId, own);
      } catch (error) {
        this.#log.error({ err: error }, 'read receipts could not be looked up; trying again');
      }
    }
  }

  #chatsPutOff(): string[] {
    for (const [chat, until] of this.#putOff) if (until <= Date.now()) this.#putOff.delete(chat);
    return [...this.#putOff.keys()];
  }

  #begin(deviceId: string, reads: readonly PendingRead[]): void {
    const told = this.#tellAll(reads)
      .catch((error: unknown) => {
        this.#log.error({ err: error, deviceId }, 'read receipts wait; trying again');
        return false;
      })
      .then((isDone) => {
        this.#telling.delete(deviceId);
        if (isDone) this.wake(deviceId);
      });
    this.#telling.set(deviceId, told);
  }

  /** Ends, with false, at the first chat whose receipts did not leave: the device may be of no use just now. */
  async #tellAll(reads: readonly PendingRead[]): Promise<boolean> {
    for (const read of reads) {
      if (!this.#online.has(read.device_id) || this.#stopped) return false;
      if (await this.#tell(read)) continue;
      this.#putOff.set(read.conversation_id, Date.now() + PUT_OFF_MS);
      return false;
    }
    return true;
  }

  /** False when its receipts have to be tried again. */
  async #tell(read: PendingRead): Promise<boolean> {
    const chat = chatOf(read);
    const messages = chat ? await messagesToRead(this.#db, read, MESSAGES) : [];
    const items = messages.map(({ wa_id: waId, phone, lid }): ReadItem => {
      const participant = read.kind === 'person' ? null : person(phone, lid);
      return { waId, ...(participant ? { participant } : {}) };
    });
    try {
      if (chat && items.length > 0) await this.#engine.ask(read.device_id, 'markRead', { chat, items });
    } catch (error) {
      const again = !(error instanceof EngineAskError) || error.reason !== 'refused';
      this.#log.warn({ err: error, deviceId: read.device_id, again }, 'read receipts did not leave');
      if (again) return false;
    }
    await settleRead(this.#db, read);
    return true;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped = true;
    clearInterval(this.#poll);
    await this.#running;
    await Promise.all(this.#telling.values());
  }
}
