import type { Db } from './db/port.ts';
import type { Logger } from './log.ts';

const CHANNEL = 'waping_wake';
/** Other nodes hear of changes at most this late; one NOTIFY carries all that came meanwhile. */
const COALESCE_MS = 25;
const MAX_DEVICES = 100;
/** More are told of without their names. */
const MAX_WORKSPACES = 100;

export interface WakeTargets {
  devices(): void;
  outbox(deviceId: string, urgent?: boolean): void;
  reads(deviceId: string): void;
  merged(chats: readonly { from: string; to: string }[]): void;
  limits(workspaceId: string): void;
  /** Null: nobody knows in which workspace. */
  events(workspaceId: string | null): void;
}

/**
 * Nudges the workers of this node at once and those of other nodes by one coalesced NOTIFY outside any transaction.
 * A nudge is only a hint: everything it speeds up is also polled.
 */
export class WakeupBus implements AsyncDisposable {
  readonly #db: Db;
  readonly #log: Logger;
  readonly #outbox = new Set<string>();
  #targets: WakeTargets | null = null;
  #devices = false;
  readonly #events = new Set<string>();
  #timer: NodeJS.Timeout | null = null;
  #stop: (() => Promise<void>) | null = null;
  #isOver = false;

  constructor(db: Db, log: Logger) {
    this.#db = db;
    this.#log = log;
  }

  async start(targets: WakeTargets): Promise<void> {
    this.#targets = targets;
    if (this.#db.kind === 'postgres') this.#stop = await this.#db.listen(CHANNEL, (payload) => this.#hear(payload));
  }

  devices(): void {
    this.#targets?.devices();
    this.#devices = true;
    this.#schedule();
  }

  outbox(deviceId: string, urgent = false): void {
    this.#targets?.outbox(deviceId, urgent);
    this.#outbox.add(deviceId);
    this.#schedule();
  }

  /** Here at once; the node that holds the device polls. */
  reads(deviceId: string): void {
    this.#targets?.reads(deviceId);
  }

  /** Here alone: it is about messages that are being carried at this moment. */
  merged(chats: readonly { from: string; to: string }[]): void {
    this.#targets?.merged(chats);
  }

  /** Here at once; other nodes keep limits for a second only and need no telling. */
  limits(workspaceId: string): void {
    this.#targets?.limits(workspaceId);
  }

  /** Events were committed. Here at once; readers on other nodes look when they are told, and every second anyway. */
  events(workspaceId: string): void {
    this.#targets?.events(workspaceId);
    this.#events.add(workspaceId);
    this.#schedule();
  }

  /** The bus as the calls of one workspace use it: events are its own unless they say whose. */
  within(workspaceId: string) {
    return {
      devices: () => this.devices(),
      outbox: (deviceId: string, urgent?: boolean) => this.outbox(deviceId, urgent),
      reads: (deviceId: string) => this.reads(deviceId),
      merged: (chats: readonly { from: string; to: string }[]) => this.merged(chats),
      limits: (of: string) => this.limits(of),
      events: (of = workspaceId) => this.events(of),
    };
  }

  #hear(payload: string): void {
    for (const word of payload.split(' ')) {
      if (word === 'devices') this.#targets?.devices();
      else if (word === 'events') this.#targets?.events(null);
      else if (word.startsWith('ws_')) this.#targets?.events(word);
      else if (word.startsWith('dev_')) this.#targets?.outbox(word);
    }
  }

  #schedule(): void {
    // What still commits while a node stops is found by polling.
    if (this.#isOver || this.#db.kind !== 'postgres') {
      this.#outbox.clear();
      this.#events.clear();
      return;
    }
    this.#timer ??= setTimeout(() => this.#flush(), COALESCE_MS);
  }

  #flush(): void {
    this.#timer = null;
    const workspaces = this.#events.size > MAX_WORKSPACES ? ['events'] : this.#events;
    const devices = [...this.#outbox].slice(0, MAX_DEVICES);
    const words = [...(this.#devices ? ['devices'] : []), ...workspaces, ...devices];
    this.#devices = false;
    this.#events.clear();
    this.#outbox.clear();
    this.#db.notify(CHANNEL, words.join(' ')).catch((error: unknown) => {
      this.#log.warn({ err: error }, 'wake-up not sent; other nodes poll');
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOver = true;
    if (this.#timer) clearTimeout(this.#timer);
    await this.#stop?.();
  }
}
