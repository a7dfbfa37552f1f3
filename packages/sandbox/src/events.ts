import type { Account, Companion } from './accounts.ts';
import type { AppStateChange } from './app-state/index.ts';
import type { Node } from './codec/node.ts';
import type { Connection } from './connection.ts';
import type { InboxEntry } from './phone/inbox.ts';

/** What a test or a control client can watch. Listeners must not throw. */
export interface NetworkEvents {
  registration: [connection: Connection];
  linkCode: [user: string];
  paired: [device: Companion];
  login: [device: Companion];
  offline: [device: Companion];
  logout: [device: Companion];
  preKeys: [device: Companion];
  node: [connection: Connection, node: Node];
  receipt: [device: Companion, node: Node];
  phoneMessage: [account: Account, entry: InboxEntry];
  phoneReceipt: [account: Account, node: Node];
  phoneChatstate: [account: Account, from: string, state: string];
  appState: [account: Account, change: AppStateChange];
  phoneError: [account: Account, error: unknown];
  connectionError: [connection: Connection, error: unknown];
  /** The state file could not be written; the next change tries again. */
  stateError: [error: unknown];
  /** Anything a state file should remember has changed. */
  changed: [];
}

type Listener<K extends keyof NetworkEvents> = (...args: NetworkEvents[K]) => void;
type Table = { [K in keyof NetworkEvents]?: Set<Listener<K>> };

/** Small typed emitter: synchronous, in order of subscription. */
export class Events {
  readonly #table: Table = {};

  /** Returns the function that unsubscribes. */
  on<K extends keyof NetworkEvents>(event: K, listener: Listener<K>): () => void {
    const listeners: Set<Listener<K>> = this.#table[event] ?? new Set<Listener<K>>();
    Object.assign(this.#table, { [event]: listeners });
    listeners.add(listener);
    return () => listeners.delete(listener);
  }

  emit<K extends keyof NetworkEvents>(event: K, ...args: NetworkEvents[K]): void {
    const listeners: Set<Listener<K>> | undefined = this.#table[event];
    if (!listeners) return;
    for (const listener of [...listeners]) listener(...args);
  }

  has(event: keyof NetworkEvents): boolean {
    return (this.#table[event]?.size ?? 0) > 0;
  }
}
