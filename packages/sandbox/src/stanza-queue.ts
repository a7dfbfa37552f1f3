import type { Node } from './codec/node.ts';

interface Entry {
  readonly key: string;
  readonly node: Node;
}

/** What a client confirms: the class of the stanza, its id, and what narrows it down when several share the id. */
export interface Confirmation {
  readonly class: string;
  readonly id: string;
  readonly type?: string | undefined;
  readonly participant?: string | undefined;
}

/**
 * Stanzas on their way to one linked device, oldest first. A stanza leaves only when the device confirms it, so a crash
 * of the device between receiving and confirming leads to a redelivery, never to a loss. Bounded: the oldest go first.
 */
export class StanzaQueue {
  readonly #limit: number;
  readonly #entries = new Set<Entry>();
  readonly #index = new Map<string, Entry[]>();
  /** Stanzas dropped because the device was away for too long. */
  overflowed = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get size(): number {
    return this.#entries.size;
  }

  push(node: Node): void {
    const entry: Entry = { key: `${node.tag}:${node.attrs.id ?? ''}`, node };
    this.#entries.add(entry);
    const same = this.#index.get(entry.key);
    if (same) same.push(entry);
    else this.#index.set(entry.key, [entry]);
    if (this.#entries.size <= this.#limit) return;
    const [oldest] = this.#entries;
    if (oldest) this.#remove(oldest);
    this.overflowed++;
  }

  /** Returns whether something was waiting for this confirmation. */
  confirm(what: Confirmation): boolean {
    const candidates = this.#index.get(`${what.class}:${what.id}`);
    const [first] = candidates ?? [];
    if (!candidates || !first) return false;
    const exact = candidates.find(
      ({ node }) => node.attrs.type === what.type && node.attrs.participant === what.participant,
    );
    this.#remove(exact ?? first);
    return true;
  }

  nodes(): Node[] {
    return Array.from(this.#entries, (entry) => entry.node);
  }

  clear(): void {
    this.#entries.clear();
    this.#index.clear();
  }

  #remove(entry: Entry): void {
    this.#entries.delete(entry);
    const same = this.#index.get(entry.key);
    if (!same) return;
    if (same.length === 1) this.#index.delete(entry.key);
    else same.splice(same.indexOf(entry), 1);
  }
}
