import type { SignalDataSet, SignalDataTypeMap, SignalKeyStoreWithTransaction } from 'baileys';
import type { EngineRecord } from '../../port.ts';
import { BoundedCache } from './bounded-cache.ts';
import { type KeyType, type KeyValue, readerCopy } from './key-codec.ts';
import { KeyedLock } from './keyed-lock.ts';
import { inTaskScope, taskScope } from './task-scope.ts';
import type { KeyWrite, WriteStream } from './write-stream.ts';

/** Reads sealed keys from the database and opens them. */
export type KeyLoader = (type: KeyType, ids: string[]) => Promise<Map<string, KeyValue>>;

/** Changes of one task, invisible to others until its end, then one group of the write stream. */
export interface KeyTransaction {
  readonly owner: SignalKeys;
  readonly key: string;
  readonly parent: KeyTransaction | undefined;
  /** Keeps its changes together to the very end: nested transactions join it and frames do not flush it. */
  readonly whole: boolean;
  open: boolean;
  readonly writes: Map<string, KeyWrite>;
  readonly records: EngineRecord[];
}

/**
 * The Signal keys of one session: changes not yet durable over a bounded cache over the database. Reads see every
 * earlier write of the session. Replaces Baileys' own key transactions, which write only after the stanza was sent.
 */
export class SignalKeys {
  readonly #load: KeyLoader;
  readonly #stream: WriteStream;
  readonly #locks = new KeyedLock();
  /** Handed over or about to be, not durable yet: pinned, in the order of their numbers. */
  readonly #pending = new Map<string, { value: KeyValue | null; seq: number }>();
  readonly #cache: BoundedCache<{ value: KeyValue | null }>;
  readonly #loading = new Map<string, Promise<KeyValue | null>>();
  #wipedAt = 0;

  constructor(load: KeyLoader, stream: WriteStream, cachedKeys: number) {
    this.#load = load;
    this.#stream = stream;
    this.#cache = new BoundedCache(cachedKeys);
  }

  /** The object Baileys works on. Its methods need no `this`. */
  forBaileys(): SignalKeyStoreWithTransaction {
    return {
      get: (type, ids) => this.#typed(type, ids),
      set: async (data) => this.set(data),
      transaction: (work, key) => this.transaction(work, key),
      isInTransaction: () => this.#current() !== undefined,
    };
  }

  async get(type: KeyType, ids: readonly string[]): Promise<Record<string, KeyValue>> {
    const found: Record<string, KeyValue> = {};
    const missing: string[] = [];
    for (const id of ids) {
      const known = this.#known(`${type}/${id}`);
      if (known === undefined) missing.push(id);
      else if (known !== null) found[id] = readerCopy(known);
    }
    if (missing.length > 0) {
      for (const [id, value] of await this.#fetch(type, missing)) if (value !== null) found[id] = readerCopy(value);
    }
    return found;
  }

  /** A key as memory has it; undefined where it is absent, and where only the database could tell. */
  inMemory(type: KeyType, id: string): KeyValue | undefined {
    return this.#known(`${type}/${id}`) ?? undefined;
  }

  set(data: SignalDataSet): void {
    const writes = keyWrites(data);
    const transaction = this.#current();
    if (!transaction) {
      this.#commit(writes, []);
      return;
    }
    for (const write of writes) transaction.writes.set(`${write.type}/${write.id}`, write);
  }

  /** Runs `work` alone for `key`. Nested in a transaction of the same key, or in a whole one, it joins that. */
  async transaction<T>(work: () => Promise<T>, key: string): Promise<T> {
    const parent = this.#current();
    if (parent && joins(parent, key)) return work();
    if (!parent && taskScope().send) return this.#run(key, false, parent, work);
    return this.#locks.run(key, () => this.#run(key, false, parent, work));
  }

  /** A transaction whose keys and records become durable together: what a received message changes. */
  async whole<T>(key: string, work: (records: EngineRecord[]) => Promise<T>): Promise<T> {
    const parent = this.#current();
    return this.#locks.run(key, () => this.#run(key, true, parent, (transaction) => work(transaction.records)));
  }

  /** Whether the current task is inside a whole transaction. */
  inWhole(): boolean {
    return this.#current()?.whole === true;
  }

  /** Pushes what the current task changed so far, so that a frame made now waits for it. */
  flushOpen(): void {
    for (let open = this.#current(); open; open = open.parent) {
      if (!open.whole && open.owner === this) this.#drain(open);
    }
  }

  /** Everything up to `seq` is durable: unpin it. Prekeys leave memory, they are read once in their life. */
  settle(seq: number): void {
    for (const [name, entry] of this.#pending) {
      if (entry.seq > seq) break;
      this.#pending.delete(name);
      if (!name.startsWith('pre-key/')) this.#cache.set(name, { value: entry.value });
    }
  }

  /** Forgets everything, as the database will at sequence number `seq`. */
  wiped(seq: number): void {
    this.#pending.clear();
    this.#cache.clear();
    this.#wipedAt = seq;
  }

  async #run<T>(
    key: string,
    whole: boolean,
    parent: KeyTransaction | undefined,
    work: (transaction: KeyTransaction) => Promise<T>,
  ): Promise<T> {
    const transaction: KeyTransaction = { owner: this, key, parent, whole, open: true, writes: new Map(), records: [] };
    try {
      const result = await inTaskScope({ transaction }, () => work(transaction));
      this.#drain(transaction);
      return result;
    } finally {
      // Tasks Baileys leaves running inherit this context; closed, it lets their writes through.
      transaction.open = false;
    }
  }

  #drain(transaction: KeyTransaction): void {
    if (transaction.writes.size === 0 && transaction.records.length === 0) return;
    this.#commit([...transaction.writes.values()], transaction.records.splice(0));
    transaction.writes.clear();
  }

  #commit(keys: KeyWrite[], records: EngineRecord[]): void {
    if (keys.length === 0 && records.length === 0) return;
    const seq = this.#stream.push({ keys, records });
    for (const { type, id, value } of keys) {
      const name = `${type}/${id}`;
      this.#pending.delete(name);
      this.#pending.set(name, { value, seq });
    }
  }

  #current(): KeyTransaction | undefined {
    let { transaction } = taskScope();
    while (transaction && (!transaction.open || transaction.owner !== this)) transaction = transaction.parent;
    return transaction;
  }

  /** Undefined: memory does not know. Null: known to be absent. */
  #known(name: string): KeyValue | null | undefined {
    for (let open = this.#current(); open; open = open.parent) {
      const write = open.writes.get(name);
      if (write) return write.value;
    }
    const pending = this.#pending.get(name);
    if (pending) return pending.value;
    const cached = this.#cache.get(name);
    if (cached) return cached.value;
    return this.#wipedAt > this.#stream.durable ? null : undefined;
  }

  async #fetch(type: KeyType, ids: string[]): Promise<[string, KeyValue | null][]> {
    const fresh = ids.filter((id) => !this.#loading.has(`${type}/${id}`));
    if (fresh.length > 0) {
      const load = this.#load(type, fresh);
      for (const id of fresh) {
        const name = `${type}/${id}`;
        const value = load.then((found) => this.#loaded(name, found.get(id) ?? null));
        this.#loading.set(name, value);
        value.finally(() => this.#loading.delete(name)).catch(() => {});
      }
    }
    return Promise.all(ids.map(async (id) => [id, (await this.#loading.get(`${type}/${id}`)) ?? null] as const)).then(
      (pairs) => pairs.map(([id, value]) => [id, value]),
    );
  }

  /** A write that happened during the read wins over what the database said. */
  #loaded(name: string, value: KeyValue | null): KeyValue | null {
    const newer = this.#pending.get(name) ?? this.#cache.get(name);
    if (newer) return newer.value;
    if (!name.startsWith('pre-key/')) this.#cache.set(name, { value });
    return value;
  }

  /** Guarantee of the cast: a value is stored only under the type it was written with, by the same library. */
  async #typed<T extends KeyType>(type: T, ids: string[]): Promise<Record<string, SignalDataTypeMap[T]>> {
    return (await this.get(type, ids)) as Record<string, SignalDataTypeMap[T]>;
  }
}

function joins(parent: KeyTransaction, key: string): boolean {
  for (let open: KeyTransaction | undefined = parent; open; open = open.parent) {
    if (open.open && (open.whole || open.key === key)) return true;
  }
  return false;
}

function keyWrites(data: SignalDataSet): KeyWrite[] {
  const writes: KeyWrite[] = [];
  for (const [type, entries] of Object.entries(data)) {
    for (const [id, value] of Object.entries(entries ?? {})) {
      writes.push({ type: keyType(type), id, value: value ?? null });
    }
  }
  return writes;
}

/** Guarantee of the cast: the names come from a `SignalDataSet`, whose keys are exactly the key types. */
function keyType(name: string): KeyType {
  return name as KeyType;
}
