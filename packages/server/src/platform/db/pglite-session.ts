import { type PGlite, protocol } from '@electric-sql/pglite';
import type { WireStatement } from './pglite-protocol.ts';
import { StatementCache } from './statement-cache.ts';
import { messagesOf, readErrorFields, readNotification } from './wire-reader.ts';

const { serialize } = protocol;

/** The bytes of a reply, and whether it holds an error (its code) or a command tag worth a look. */
export interface RawReply {
  bytes: Buffer;
  sqlstate: string | undefined;
  /** The last command's tag: `COMMIT`, `ROLLBACK`, … */
  tag: string;
}

/** What the session reports beside replies. */
export interface SessionHooks {
  onNotify(channel: string, payload: string): void;
  /** The reply ended before ReadyForQuery: the engine is gone. */
  onDead(reply: Buffer): never;
}

/** The one connection of an embedded database, driven by protocol messages; every call runs to its end at once. */
export class PgliteSession {
  readonly #pg: PGlite;
  readonly #hooks: SessionHooks;
  readonly #cache = new StatementCache();
  #closing: Uint8Array[] = [];
  #stale = false;

  constructor(pg: PGlite, hooks: SessionHooks) {
    this.#pg = pg;
    this.#hooks = hooks;
  }

  /** Runs statements up to one Sync: outside BEGIN … COMMIT they are one implicit transaction. */
  run(statements: readonly WireStatement[]): RawReply {
    const parsed: { sql: string; name: string }[] = [];
    const messages = [...this.#closing];
    this.#closing = [];
    for (const statement of statements) {
      const encoded = this.#cache.encode(statement);
      messages.push(...encoded.messages);
      if (encoded.parsed !== undefined) parsed.push(encoded.parsed);
    }
    return this.#exchange(Buffer.concat([...messages, serialize.sync()]), parsed);
  }

  /** Runs a text of one or more statements without parameters (simple query protocol). */
  script(sql: string): RawReply {
    return this.#exchange(Buffer.from(serialize.query(sql)), []);
  }

  /** Forgets prepared statements a schema change has spoilt. Call outside a transaction. True when there were any. */
  refreshPlans(): boolean {
    if (!this.#stale) return false;
    this.#stale = false;
    this.#cache.clear();
    this.script('DEALLOCATE ALL');
    return true;
  }

  #exchange(request: Buffer, parsed: { sql: string; name: string }[]): RawReply {
    const chunks: Buffer[] = [];
    const done = this.#pg.execProtocolRawStream(request, {
      syncToFs: false,
      // The view is into the engine's memory and is reused: copy it.
      onRawData: (bytes) => chunks.push(Buffer.from(bytes)),
    });
    // The engine runs inside the call; the promise only carries its return and any crash.
    done.catch(() => this.#hooks.onDead(Buffer.concat(chunks)));
    const bytes = Buffer.concat(chunks);
    return this.#digest(bytes, parsed);
  }

  #digest(bytes: Buffer, parsed: { sql: string; name: string }[]): RawReply {
    const reply: RawReply = { bytes, sqlstate: undefined, tag: '' };
    let ready = false;
    for (const { tag, start, end } of messagesOf(bytes)) {
      if (tag === '1') this.#keep(parsed.shift());
      else if (tag === 'C') reply.tag = bytes.toString('utf8', start, end - 1);
      else if (tag === 'E') this.#noteError(bytes, start, reply);
      else if (tag === 'A') this.#notify(bytes, start);
      else if (tag === 'Z') ready = true;
    }
    return ready ? reply : this.#hooks.onDead(bytes);
  }

  #keep(parsed: { sql: string; name: string } | undefined): void {
    const close = parsed === undefined ? undefined : this.#cache.confirm(parsed);
    if (close !== undefined) this.#closing.push(close);
  }

  #noteError(bytes: Buffer, start: number, reply: RawReply): void {
    const fields = readErrorFields(bytes, start);
    reply.sqlstate ??= fields.sqlstate;
    if (fields.sqlstate === '0A000' && fields.message.includes('cached plan')) this.#stale = true;
  }

  #notify(bytes: Buffer, start: number): void {
    const { channel, payload } = readNotification(bytes, start);
    this.#hooks.onNotify(channel, payload);
  }
}
