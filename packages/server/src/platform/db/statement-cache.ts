import { protocol } from '@electric-sql/pglite';
import type { WireStatement } from './pglite-protocol.ts';
import type { kindOf } from './tenant.ts';

const { serialize } = protocol;

/** Longer texts are one-offs (migrations, generated lists): keeping their plans would only fill memory. */
const MAX_TEXT = 4096;

/** A statement the server is to parse, by what the cache knows it under. */
export interface Parsed {
  key: string;
  name: string;
}

/** Server-side prepared statements of the one connection: parsed once, then only bound. Bounded; least used leaves. */
export class StatementCache {
  readonly #names = new Map<string, string>();
  readonly #limit: number;
  #next = 0;

  constructor(limit = 256) {
    this.#limit = limit;
  }

  /**
   * The messages that run one statement: Parse (when new), Bind, Describe, Execute. A tenant's has a plan of its own:
   * row-level security is part of a plan, and one for both would be made anew at every change of hands.
   * `parsed` is what to hand to `confirm` when the reply says ParseComplete for it.
   */
  encode(
    statement: WireStatement,
    kind: ReturnType<typeof kindOf>,
  ): { messages: Uint8Array[]; parsed: Parsed | undefined } {
    const key = kind === 'owner' ? statement.sql : `${kind} ${statement.sql}`;
    const known = this.#names.get(key);
    if (known !== undefined) this.#touch(key, known);
    const name = known ?? this.#newName(statement.sql);
    const messages = [
      serialize.bind({ statement: name, values: statement.values }),
      serialize.describe({ type: 'P' }),
      serialize.execute({}),
    ];
    if (known !== undefined) return { messages, parsed: undefined };
    return {
      messages: [serialize.parse({ name, text: statement.sql }), ...messages],
      parsed: { key, name },
    };
  }

  /** Keeps a statement the server has parsed. Returns the Close message of the one that had to leave, if any. */
  confirm(parsed: Parsed): Uint8Array | undefined {
    if (parsed.name === '') return undefined;
    const twin = this.#names.get(parsed.key);
    if (twin !== undefined) return serialize.close({ type: 'S', name: parsed.name });
    this.#names.set(parsed.key, parsed.name);
    if (this.#names.size <= this.#limit) return undefined;
    const [oldest] = this.#names;
    if (oldest === undefined) return undefined;
    this.#names.delete(oldest[0]);
    return serialize.close({ type: 'S', name: oldest[1] });
  }

  clear(): void {
    this.#names.clear();
  }

  #newName(sql: string): string {
    if (sql.length > MAX_TEXT) return '';
    this.#next += 1;
    return `w${this.#next}`;
  }

  #touch(key: string, name: string): void {
    this.#names.delete(key);
    this.#names.set(key, name);
  }
}
