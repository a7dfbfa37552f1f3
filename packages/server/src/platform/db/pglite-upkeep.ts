import type { UpkeepLimits } from './pglite-protocol.ts';
import type { PgliteSession } from './pglite-session.ts';
import { readReply } from './wire-reader.ts';

interface Measure {
  /** Bytes of write-ahead log since the database was made. */
  wal: string;
  tables: string[];
}

// Dead or unanalysed rows worth a visit, PostgreSQL's own autovacuum shape (threshold + share of the table).
const MEASURE = `select pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::text as wal, coalesce((
  select array_agg(format('%I.%I', schemaname, relname)) from (
    select schemaname, relname from pg_stat_user_tables
    where n_dead_tup > 500 + 0.1 * n_live_tup or n_mod_since_analyze > 1000 + 0.1 * n_live_tup
    order by n_dead_tup desc limit 5) hot), '{}') as tables`;

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

  /** Does what is due; call it only between transactions. `force` does everything now. */
  run(force = false): void {
    const now = performance.now();
    const measure = this.#measure();
    const grown = Number(measure.wal) - this.#checkpointWal;
    const due = grown >= this.#limits.checkpointBytes || now - this.#checkpointAt >= this.#limits.checkpointMs;
    if (grown > 0 && (force || due)) this.#checkpoint();
    if (!force && now - this.#vacuumAt < this.#limits.vacuumMs) return;
    this.#vacuumAt = now;
    for (const table of measure.tables) this.#session.script(`VACUUM (ANALYZE) ${table}`);
  }

  #checkpoint(): void {
    this.#session.script('CHECKPOINT');
    this.#checkpointAt = performance.now();
    // A checkpoint writes a record itself; measured after it, an idle database has grown by nothing.
    this.#checkpointWal = Number(this.#measure().wal);
  }

  #measure(): Measure {
    const reply = readReply(this.#session.run([{ sql: MEASURE, values: [] }]).bytes);
    const row: unknown = reply.rows[0]?.[0];
    const wal = typeof row === 'object' && row !== null && 'wal' in row ? String(row.wal) : '0';
    const tables = typeof row === 'object' && row !== null && 'tables' in row ? row.tables : [];
    return { wal, tables: Array.isArray(tables) ? tables.map(String) : [] };
  }
}
