import type { UpkeepLimits } from './pglite-protocol.ts';
import type { PgliteSession } from './pglite-session.ts';
import { readReply } from './wire-reader.ts';

interface Measure {
  /** Bytes of write-ahead log since the database was made. */
  wal: string;
  /** Tables to vacuum when that is due. */
  tables: string[];
  /** Tables so small that a vacuum takes milliseconds: a queue is all dead rows within seconds. */
  small: string[];
  /** Tables that changed so much that plans made for them mislead. */
  grown: string[];
}

// Dead or unanalysed rows worth a visit, PostgreSQL's own autovacuum shape (threshold + share of the table).
const MEASURE = `with t as (
  select format('%I.%I', schemaname, relname) as name, n_dead_tup, pg_relation_size(relid) < 8 * 1024 * 1024 as small,
    n_dead_tup > 500 + 0.1 * n_live_tup as dirty, n_mod_since_analyze > 1000 + 0.1 * n_live_tup as changed,
    n_mod_since_analyze > 250 + 0.5 * n_live_tup as grown
  from pg_stat_user_tables)
  select pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::text as wal,
    array(select name from t where dirty or changed order by n_dead_tup desc limit 5) as tables,
    array(select name from t where dirty and small order by n_dead_tup desc limit 5) as small,
    array(select name from t where grown and not (dirty and small) limit 5) as grown`;

/**
 * What PostgreSQL's checkpointer and autovacuum would do: a single-user server runs neither, so without this the
 * write-ahead log and dead rows grow without end.
 */
export class PgliteUpkeep {
  readonly #session: PgliteSession;
  readonly #limits: UpkeepLimits;
  #checkpointAt = performance.now();
  #checkpointWal: number;
  #vacuumAt = performance.now();

  constructor(session: PgliteSession, limits: UpkeepLimits) {
    this.#session = session;
    this.#limits = limits;
    this.#checkpointWal = Number(this.#measure().wal);
  }

  /**
   * What is due, as pieces of work: each may hold a caller up, so callers go in between. Call this and them only between
   * transactions. `force` makes everything due.
   */
  due(force = false): (() => void)[] {
    const now = performance.now();
    const measure = this.#measure();
    const grown = Number(measure.wal) - this.#checkpointWal;
    const due = grown >= this.#limits.checkpointBytes || now - this.#checkpointAt >= this.#limits.checkpointMs;
    const vacuumDue = force || now - this.#vacuumAt >= this.#limits.vacuumMs;
    if (vacuumDue) this.#vacuumAt = now;
    const script = (sql: string) => () => void this.#session.script(sql);
    return [
      ...(grown > 0 && (force || due) ? [() => this.#checkpoint()] : []),
      // Plans are kept until a table is analysed: one made for an empty table walks the whole table when it is full.
      ...measure.grown.map((table) => script(`ANALYZE ${table}`)),
      ...(vacuumDue ? measure.tables : measure.small).map((table) => script(`VACUUM (ANALYZE) ${table}`)),
    ];
  }

  #checkpoint(): void {
    this.#session.script('CHECKPOINT');
    this.#checkpointAt = performance.now();
    // A checkpoint writes a record itself; measured after it, an idle database has grown by nothing.
    this.#checkpointWal = Number(this.#measure().wal);
  }

  #measure(): Measure {
    const reply = readReply(this.#session.run([{ sql: MEASURE, values: [] }], null).bytes);
    const row: unknown = reply.rows[0]?.[0];
    const wal = typeof row === 'object' && row !== null && 'wal' in row ? String(row.wal) : '0';
    return { wal, tables: names(row, 'tables'), small: names(row, 'small'), grown: names(row, 'grown') };
  }
}

function names(row: unknown, column: string): string[] {
  const value: unknown = typeof row === 'object' && row !== null ? Reflect.get(row, column) : undefined;
  return Array.isArray(value) ? value.map(String) : [];
}
