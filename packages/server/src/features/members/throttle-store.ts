import type { Queryable } from '../../platform/db/port.ts';

export interface FailureRow {
  key: string;
  failures: number;
}

/** Counts of the last hour. A count without a new failure for so long is forgotten. */
export async function readFailures(db: Queryable, keys: readonly string[]): Promise<FailureRow[]> {
  return db.query<FailureRow>(
    `select key, failures from sign_in_failure where key = any ($1::text[]) and at > now() - interval '1 hour'`,
    [keys],
  );
}

/** Adds one to each and returns the counts; sweeps up some that are forgotten, so that strangers cannot make the table grow for ever. */
export async function addFailures(db: Queryable, keys: readonly string[]): Promise<FailureRow[]> {
  return db.query<FailureRow>(
    `with gone as (
       delete from sign_in_failure where key in (
         select key from sign_in_failure where at < now() - interval '2 hours' and key <> all ($1::text[]) limit 20 for update skip locked))
     insert into sign_in_failure as f (key, failures)
     select k, 1 from unnest($1::text[]) as k order by k
     on conflict (key) do update set at = now(), failures =
       case when f.at > now() - interval '1 hour' then least(f.failures + 1, 100000) else 1 end
     returning f.key, f.failures`,
    [keys],
  );
}

export async function clearFailures(db: Queryable, keys: readonly string[]): Promise<void> {
  await db.query('delete from sign_in_failure where key = any ($1::text[])', [keys]);
}
