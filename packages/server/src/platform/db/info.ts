import type { Queryable } from './port.ts';

/** Rejects when the database does not answer. */
export async function pingDatabase(db: Queryable): Promise<void> {
  await db.query('select 1');
}

/** Number of the newest migration applied. */
export async function schemaVersion(db: Queryable): Promise<number> {
  const rows = await db.query<{ version: number }>('select coalesce(max(id), 0)::int as version from schema_migration');
  return rows[0]?.version ?? 0;
}
