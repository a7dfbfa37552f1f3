import type { Queryable } from '../../platform/db/port.ts';
import type { LogCursor } from '../events/index.ts';

/** The kinds of brokers that events can go to; the name of a sink is its kind. */
export const SINK_NAMES = ['nats', 'amqp'] as const;

export type SinkName = (typeof SINK_NAMES)[number];

/** The right to publish for a sink. A move of its place under an older token is refused. */
export interface SinkHold {
  name: SinkName;
  /** int8, as text. */
  token: string;
}

/** A hold with the place to go on from. */
export interface SinkLease extends SinkHold {
  at: LogCursor;
}

/** Notes a sink that is not known yet. It begins at the oldest event kept, or at what is written from now on. */
export async function ensureSink(db: Queryable, sink: { name: SinkName; fromStart: boolean }): Promise<void> {
  // This transaction writes, so its number is never given out again.
  await db.query(
    `insert into sink_cursor (name, cursor_tx)
     values ($1, case when $2::boolean then '0'::xid8 else pg_current_xact_id() end) on conflict (name) do nothing`,
    [sink.name, sink.fromStart],
  );
}

/**
 * Takes a sink that has no living holder; null where it has one. What this node holds from an earlier life, or from an
 * earlier try, is taken too: no other living process bears its name. Database time only.
 */
export async function claimSink(
  db: Queryable,
  claim: { name: SinkName; holder: string; ttlMs: number },
): Promise<SinkLease | null> {
  const rows = await db.query<{ token: string; tx: string; sequence: string }>(
    `update sink_cursor set holder = $2, token = token + 1,
       expires_at = clock_timestamp() + $3::integer * interval '1 millisecond'
     where name = $1 and (expires_at <= clock_timestamp() or holder = $2)
     returning token, cursor_tx::text as tx, cursor_sequence as sequence`,
    [claim.name, claim.holder, claim.ttlMs],
  );
  const [row] = rows;
  return row ? { name: claim.name, token: row.token, at: { tx: row.tx, sequence: row.sequence } } : null;
}

/** Extends a hold; false when it is lost. */
export async function renewSink(db: Queryable, hold: SinkHold, ttlMs: number): Promise<boolean> {
  const rows = await db.query(
    `update sink_cursor set expires_at = clock_timestamp() + $3::integer * interval '1 millisecond'
     where name = $1 and token = $2::bigint and expires_at > clock_timestamp() returning 1`,
    [hold.name, hold.token, ttlMs],
  );
  return rows.length > 0;
}

/** Gives a hold up at once, so that another node need not wait for its end. */
export async function releaseSink(db: Queryable, hold: SinkHold): Promise<void> {
  await db.query('update sink_cursor set expires_at = clock_timestamp() where name = $1 and token = $2::bigint', [
    hold.name,
    hold.token,
  ]);
}

/** Moves a sink behind events that its broker has confirmed; false when the hold is lost, and nothing is moved then. */
export async function moveSink(
  db: Queryable,
  hold: SinkHold,
  moved: { to: LogCursor; count: number },
): Promise<boolean> {
  const rows = await db.query(
    `update sink_cursor set cursor_tx = $3::xid8, cursor_sequence = $4::bigint, published = published + $5::integer,
       published_at = now(), failing_since = null, last_error = null
     where name = $1 and token = $2::bigint returning 1`,
    [hold.name, hold.token, moved.to.tx, moved.to.sequence, moved.count],
  );
  return rows.length > 0;
}

/** Notes that the broker is reached again. */
export async function noteSinkReached(db: Queryable, hold: SinkHold): Promise<void> {
  await db.query(
    `update sink_cursor set failing_since = null, last_error = null
     where name = $1 and token = $2::bigint and failing_since is not null`,
    [hold.name, hold.token],
  );
}

/** Notes why nothing reaches the broker. */
export async function noteSinkFailure(db: Queryable, hold: SinkHold, error: string): Promise<void> {
  await db.query(
    `update sink_cursor set failing_since = coalesce(failing_since, now()), last_error = $3
     where name = $1 and token = $2::bigint`,
    [hold.name, hold.token, error],
  );
}

/** A sink as the database knows it. */
export interface SinkRow {
  name: SinkName;
  tx: string;
  sequence: string;
  holder: string | null;
  /** Whether a living node holds it. */
  held: boolean;
  /** Whether one did a minute ago: longer than any pause between two tries. */
  tried: boolean;
  /** int8, as text. */
  published: string;
  published_at: Date | null;
  failing_since: Date | null;
  last_error: string | null;
}

/** Every sink that was ever configured. */
export async function listSinkRows(db: Queryable): Promise<SinkRow[]> {
  return db.query<SinkRow>(
    `select name, cursor_tx::text as tx, cursor_sequence as sequence, holder, expires_at > clock_timestamp() as held,
       expires_at > clock_timestamp() - interval '1 minute' as tried, published,
       published_at, failing_since, last_error
     from sink_cursor order by name`,
  );
}
