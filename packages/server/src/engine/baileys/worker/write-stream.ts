import type { EngineRecord } from '../../port.ts';
import type { KeyType, KeyValue } from './key-codec.ts';

/** One change of a Signal key. Null deletes. */
export interface KeyWrite {
  type: KeyType;
  id: string;
  value: KeyValue | null;
}

/** What happened at once: it becomes durable together. */
export interface WriteGroup {
  keys?: Iterable<KeyWrite>;
  records?: readonly EngineRecord[];
}

/** Turns memory into sealed records, at the moment they leave the worker. */
export interface RecordSealer {
  keys(writes: Iterable<KeyWrite>): EngineRecord;
  credentials(): EngineRecord;
}

interface Segment {
  wipe: boolean;
  credentials: boolean;
  keys: Map<string, KeyWrite>;
  records: EngineRecord[];
}

const emptySegment = (): Segment => ({ wipe: false, credentials: false, keys: new Map(), records: [] });

/**
 * The one way of a session's state to the database. Everything pushed gets the next sequence number; frames wait until
 * the number that was current when they were made is durable. Between two hand-overs keys are merged, so that a chat
 * session that ratchets a hundred times is sealed and written once.
 */
export class WriteStream {
  readonly #sealer: RecordSealer;
  readonly #wake: () => void;
  #segment = emptySegment();
  #pushed = 0;
  #durable = 0;

  /** `wake` is called when there is something to `take`. */
  constructor(sealer: RecordSealer, wake: () => void) {
    this.#sealer = sealer;
    this.#wake = wake;
  }

  get pushed(): number {
    return this.#pushed;
  }

  get durable(): number {
    return this.#durable;
  }

  push(group: WriteGroup): number {
    for (const write of group.keys ?? []) this.#segment.keys.set(`${write.type}/${write.id}`, write);
    if (group.records) this.#segment.records.push(...group.records);
    return this.#advance();
  }

  /** The credentials changed; what they are is read when the segment leaves. */
  pushCredentials(): number {
    this.#segment.credentials = true;
    return this.#advance();
  }

  /** Removes credentials and every key, including those not yet handed over. Later pushes belong to a new identity. */
  wipe(): number {
    this.#segment.wipe = true;
    this.#segment.credentials = false;
    this.#segment.keys.clear();
    return this.#advance();
  }

  /** Hands over what gathered, sealed. Null when there is nothing. */
  take(): { upTo: number; records: EngineRecord[] } | null {
    const { wipe, credentials, keys, records } = this.#segment;
    if (!wipe && !credentials && keys.size === 0 && records.length === 0) return null;
    this.#segment = emptySegment();
    const out: EngineRecord[] = [];
    if (wipe) out.push({ kind: 'credentials', sealed: null });
    if (credentials) out.push(this.#sealer.credentials());
    if (keys.size > 0) out.push(this.#sealer.keys(keys.values()));
    out.push(...records);
    return { upTo: this.#pushed, records: out };
  }

  /** Everything up to `seq` is in the database. */
  settle(seq: number): void {
    if (seq > this.#durable) this.#durable = seq;
  }

  #advance(): number {
    this.#pushed += 1;
    this.#wake();
    return this.#pushed;
  }
}
