import { protocol } from '@electric-sql/pglite';
import type { WireStatement } from './pglite-protocol.ts';

const { serialize } = protocol;

/** Longer texts are one-offs (migrations, generated lists): keeping their plans would only fill memory. */
const MAX_TEXT = 4096;

/** Server-side prepared statements of the one connection: parsed once, then only bound. Bounded; least used leaves. */
export class StatementCache {
  readonly #names = new Map<string, string>();
  readonly #limit: number;
  #next = 0;

  constructor(limit = 256) {
    this.#limit = limit;
  }

  /**
   * The messages that run one statement: Parse (when new), Bind, Describe, Execute.
   * `parsed` is what to hand to `confirm` when the reply says ParseComplete for it.
   */
  encode(statement: WireStatement): { messages: Uint8Array[]; parsed: { sql: string; name: string } | undefined } {
    const known = this.#names.get(statement.sql);
    if (known !== undefined) this.#touch(statement.sql, known);
    const name = known ?? this.#newName(statement.sql);
    const messages = [
      serialize.bind({ statement: name, values: statement.values }),
      serialize.describe({ type: 'P' }),
      serialize.execute({}),
    ];
    if (known !== undefined) return { messages, parsed: undefined };
    return {
      messages: [serialize.parse({ name, text: statement.sql }), ...messages],
      parsed: { sql: statement.sql, name },
    };
  }

  /** Keeps a statement the server has parsed. Returns the Close message of the one that had to leave, if any. */
  confirm(parsed: { sql: string; name: string }): Uint8Array | undefined {
    if (parsed.name === '') return undefined;
    const twin = this.#names.get(parsed.sql);
    if (twin !== undefined) return serialize.close({ type: 'S', name: parsed.name });
    this.#names.set(parsed.sql, parsed.name);
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

  #touch(sql: string, name: string): void {
    this.#names.delete(sql);
    this.#names.set(sql, name);
  }
}
