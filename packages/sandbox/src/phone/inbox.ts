import type { Message } from '../codec/message.ts';
import { SandboxError } from '../errors.ts';

/** One message as a phone shows it. */
export interface InboxEntry {
  readonly id: string;
  /** The other side: a phone-number address, a group, or `status@broadcast`. */
  readonly chat: string;
  /** Phone-number address of the author's account, without a device. */
  readonly from: string;
  /** 0 for the author's phone, else the linked device it was sent from. */
  readonly fromDevice: number;
  readonly message: Message;
  /** Text a person would read. */
  readonly text: string | undefined;
  /** Arrival, milliseconds since 1970. */
  readonly at: number;
  /** True for a copy of what one of this account's own devices sent. */
  readonly own: boolean;
  /** How the author addressed this phone; receipts answer in the same form. */
  readonly form: 'pn' | 'lid';
  /** Further arrivals of the same id, which a phone does not show. */
  duplicates: number;
  read: boolean;
}

type Match = (entry: InboxEntry) => boolean;

/** Messages a phone has shown, newest last. Bounded; ids are remembered exactly as long as their entries. */
export class Inbox {
  readonly #limit: number;
  readonly #byKey = new Map<string, InboxEntry>();
  readonly #waiting = new Set<(entry: InboxEntry) => void>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  get size(): number {
    return this.#byKey.size;
  }

  entries(): InboxEntry[] {
    return [...this.#byKey.values()];
  }

  /** The entry already shown under this author and id, with its duplicate counted. */
  countDuplicate(from: string, id: string): InboxEntry | undefined {
    const known = this.#byKey.get(`${from} ${id}`);
    if (known) known.duplicates++;
    return known;
  }

  has(from: string, id: string): boolean {
    return this.#byKey.has(`${from} ${id}`);
  }

  /** Entries of one chat with these ids. */
  entriesOf(chat: string, ids: readonly string[]): InboxEntry[] {
    return ids.flatMap((id) => this.#byKey.get(`${chat} ${id}`) ?? []);
  }

  find(match: Match): InboxEntry | undefined {
    for (const entry of this.#byKey.values()) if (match(entry)) return entry;
    return undefined;
  }

  add(entry: InboxEntry): void {
    this.#byKey.set(`${entry.from} ${entry.id}`, entry);
    if (this.#byKey.size > this.#limit) {
      const [oldest] = this.#byKey.keys();
      if (oldest !== undefined) this.#byKey.delete(oldest);
    }
    for (const waiting of [...this.#waiting]) waiting(entry);
  }

  /** The first entry that matches, now or later. Throws TIMEOUT. */
  expect(match: Match, timeoutMs: number): Promise<InboxEntry> {
    const known = this.find(match);
    if (known) return Promise.resolve(known);
    return new Promise((resolve, reject) => {
      const waiting = (entry: InboxEntry): void => {
        if (!match(entry)) return;
        clearTimeout(timer);
        this.#waiting.delete(waiting);
        resolve(entry);
      };
      const timer = setTimeout(() => {
        this.#waiting.delete(waiting);
        reject(new SandboxError('TIMEOUT', `no such message reached the phone within ${timeoutMs} ms`));
      }, timeoutMs);
      this.#waiting.add(waiting);
    });
  }
}
