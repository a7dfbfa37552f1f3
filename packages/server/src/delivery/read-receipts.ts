import { EngineAskError, type ReadItem } from '../engine/asks.ts';
import type { Address, Engine } from '../engine/port.ts';
import { messagesToRead, type PendingRead, pendingReads, settleRead } from '../features/conversations/index.ts';
import type { Db } from '../platform/db/port.ts';
import type { Logger } from '../platform/log.ts';

/** Also how late the reads that another node accepted are told of. */
const POLL_MS = 2_000;
const CHATS = 100;
/** Receipts of one chat at most: nobody looks at the ticks of a thousand messages ago. */
const MESSAGES = 1_000;

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
 * Tells WhatsApp what was marked read on connected devices. A row goes when its receipts have left; a crash before that
 * sends them again, which changes nothing for anybody.
 */
export class ReadReceipts implements AsyncDisposable {
  readonly #db: Db;
  readonly #engine: Engine;
  readonly #log: Logger;
  readonly #online = new Set<string>();
  readonly #woken = new Set<string>();
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
      const devices = [...this.#woken];
      this.#woken.clear();
      try {
        const reads = await pendingReads(this.#db, devices, CHATS);
        for (const read of reads) await this.#tell(read);
      } catch (error) {
        this.#log.error({ err: error }, 'read receipts could not be looked up; trying again');
      }
    }
  }

  async #tell(read: PendingRead): Promise<void> {
    if (!this.#online.has(read.device_id) || this.#stopped) return;
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
      if (again) return;
    }
    await settleRead(this.#db, read);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped = true;
    clearInterval(this.#poll);
    await this.#running;
  }
}
