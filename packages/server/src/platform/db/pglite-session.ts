import { type PGlite, protocol } from '@electric-sql/pglite';
import type { WireStatement } from './pglite-protocol.ts';
import { type Parsed, StatementCache } from './statement-cache.ts';
import { become, type Identity, kindOf } from './tenant.ts';
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
  /** Who the connection's statements run as now; undefined after a rollback, which may have undone the last change. */
  #identity: Identity | undefined;

  constructor(pg: PGlite, hooks: SessionHooks) {
    this.#pg = pg;
    this.#hooks = hooks;
  }

  get identity(): Identity | undefined {
    return this.#identity;
  }

  /** Runs statements up to one Sync: outside BEGIN … COMMIT they are one implicit transaction. */
  run(statements: readonly WireStatement[], as: Identity): RawReply {
    if (as !== this.#identity) {
      const changed = this.#run([become(as)], null);
      if (changed.sqlstate !== undefined) return changed;
      this.#identity = as;
    }
    return this.#run(statements, as);
  }

  /** BEGIN, COMMIT or ROLLBACK, as whoever. Returns what was done: a COMMIT of a failed transaction is a ROLLBACK. */
  control(command: 'BEGIN' | 'COMMIT' | 'ROLLBACK'): RawReply {
    const reply = this.#run([{ sql: command, values: [] }], null);
    if (reply.tag === 'ROLLBACK') this.#identity = undefined;
    return reply;
  }

  #run(statements: readonly WireStatement[], as: Identity): RawReply {
    const parsed: Parsed[] = [];
    const messages = [...this.#closing];
    this.#closing = [];
    for (const statement of statements) {
      const encoded = this.#cache.encode(statement, kindOf(as));
      messages.push(...encoded.messages);
      if (encoded.parsed !== undefined) parsed.push(encoded.parsed);
    }
    return this.#exchange(Buffer.concat([...messages, serialize.sync()]), parsed);
  }

  /** Runs a text of one or more statements without parameters (simple query protocol). */
  script(sql: string): RawReply {
    if (this.#identity !== null) this.run([], null);
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

  #exchange(request: Buffer, parsed: Parsed[]): RawReply {
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

  #digest(bytes: Buffer, parsed: Parsed[]): RawReply {
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

  #keep(parsed: Parsed | undefined): void {
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
