import type { Queryable } from '../../platform/db/port.ts';

/** Fingerprints of the master keys that may wrap data keys; `next_id` while a rotation runs. */
export interface MasterKeyRow {
  current_id: Uint8Array;
  next_id: Uint8Array | null;
}

export async function findMasterKey(db: Queryable): Promise<MasterKeyRow | null> {
  const rows = await db.query<MasterKeyRow>('select current_id, next_id from master_key');
  return rows[0] ?? null;
}

/** Locks the record of master keys for a change; the whole table, for there may be no row yet. */
export async function lockMasterKey(tx: Queryable): Promise<void> {
  await tx.query('lock table master_key in share row exclusive mode');
}

export async function writeMasterKey(tx: Queryable, row: MasterKeyRow): Promise<void> {
  await tx.query(
    `insert into master_key (current_id, next_id) values ($1, $2)
     on conflict (singleton) do update set current_id = excluded.current_id, next_id = excluded.next_id`,
    [row.current_id, row.next_id],
  );
}

export interface WrappedKey {
  id: string;
  data_key: Uint8Array;
}

/** A page of workspaces whose data key another master key wraps, locked. `keyId` is the fingerprint of the one wanted. */
export async function lockForeignKeys(
  tx: Queryable,
  page: { keyId: Uint8Array; after: string; limit: number },
): Promise<WrappedKey[]> {
  return tx.query<WrappedKey>(
    `select id, data_key from workspace
     where id > $2 and substring(data_key from 1 for 9) <> '\\x02'::bytea || $1::bytea
     order by id limit $3 for no key update`,
    [page.keyId, page.after, page.limit],
  );
}

export async function countForeignKeys(db: Queryable, keyId: Uint8Array): Promise<number> {
  const rows = await db.query<{ count: number }>(
    `select count(*)::int as count from workspace where substring(data_key from 1 for 9) <> '\\x02'::bytea || $1::bytea`,
    [keyId],
  );
  return rows[0]?.count ?? 0;
}

export async function writeDataKey(tx: Queryable, key: WrappedKey): Promise<void> {
  await tx.query('update workspace set data_key = $2 where id = $1', [key.id, key.data_key]);
}

/** Keeps new workspaces out until the transaction ends: none is missed between the last look and the record. */
export async function holdNewWorkspaces(tx: Queryable): Promise<void> {
  await tx.query('lock table workspace in share row exclusive mode');
}
