import type { Queryable } from '../../platform/db/port.ts';

// What may be done with each file of the store (migration 15).

/**
 * Reserves a file that is about to be stored and named: nobody removes it for so long. False while it is being removed.
 * Throws a foreign key violation when the workspace is gone.
 */
export async function reserveBlob(
  db: Queryable,
  blob: { workspaceId: string; sha256: Uint8Array; size: number; minutes: number },
): Promise<boolean> {
  const rows = await db.query(
    `insert into media_blob as b (workspace_id, sha256, size, unnamed_at, reserved_until)
     values ($1, $2, $3, now(), now() + $4 * interval '1 minute')
     on conflict (workspace_id, sha256) do update set reserved_until = excluded.reserved_until
       where b.removing_at is null
     returning 1`,
    [blob.workspaceId, blob.sha256, blob.size, blob.minutes],
  );
  return rows.length > 0;
}

/** Reserves a file that is there for so long from now. False where it is gone, or being removed. */
export async function renewBlob(
  db: Queryable,
  blob: { workspaceId: string; sha256: Uint8Array; minutes: number },
): Promise<boolean> {
  const rows = await db.query(
    `update media_blob set reserved_until = now() + $3 * interval '1 minute'
     where workspace_id = $1 and sha256 = $2 and removing_at is null returning 1`,
    [blob.workspaceId, blob.sha256, blob.minutes],
  );
  return rows.length > 0;
}

/** Whether a reserved file still has its row: the workspace may have been erased meanwhile. */
export async function isReserved(db: Queryable, workspaceId: string, sha256: Uint8Array): Promise<boolean> {
  const rows = await db.query('select 1 from media_blob where workspace_id = $1 and sha256 = $2', [
    workspaceId,
    sha256,
  ]);
  return rows.length > 0;
}

/** Marks a file as named by media, in the transaction that names it. False when it is not there, or being removed. */
export async function nameBlob(tx: Queryable, workspaceId: string, sha256: Uint8Array): Promise<boolean> {
  const rows = await tx.query(
    `update media_blob set unnamed_at = null, reserved_until = null
     where workspace_id = $1 and sha256 = $2 and removing_at is null returning 1`,
    [workspaceId, sha256],
  );
  return rows.length > 0;
}

/** Whether a kept file is still there to be named. */
export async function canBeNamed(db: Queryable, workspaceId: string, sha256: Uint8Array): Promise<boolean> {
  const rows = await db.query(
    'select 1 from media_blob where workspace_id = $1 and sha256 = $2 and removing_at is null',
    [workspaceId, sha256],
  );
  return rows.length > 0;
}

/** A file that is being removed. */
export interface UnnamedBlob {
  workspace_id: string;
  sha256: Uint8Array;
  /** Whose removal it is, to the microsecond: as text, since a Date would round it. */
  removing_at: string;
}

/**
 * Takes files that nothing names, for their removal; those a dead process took too. Runs across workspaces unless one
 * is named.
 */
export async function takeUnnamed(db: Queryable, workspaceId: string | null, limit: number): Promise<UnnamedBlob[]> {
  return db.query<UnnamedBlob>(
    `update media_blob b set removing_at = now()
     from (select workspace_id, sha256 from media_blob
       where unnamed_at is not null and (reserved_until is null or reserved_until < now())
         and (removing_at is null or removing_at < now() - interval '5 minutes')
         and ($1::text is null or workspace_id = $1)
       order by unnamed_at limit $2 for update skip locked) u
     where b.workspace_id = u.workspace_id and b.sha256 = u.sha256
       and not exists (select from media m where m.workspace_id = b.workspace_id and m.sha256 = b.sha256)
     returning b.workspace_id, b.sha256, b.removing_at::text as removing_at`,
    [workspaceId, limit],
  );
}

/** Begins the removal of a taken file anew, so that nobody else takes it over meanwhile. Null where somebody has. */
export async function renewRemoval(db: Queryable, blob: UnnamedBlob): Promise<UnnamedBlob | null> {
  const rows = await db.query<UnnamedBlob>(
    `update media_blob set removing_at = clock_timestamp()
     where workspace_id = $1 and sha256 = $2 and removing_at = $3::text::timestamptz
     returning workspace_id, sha256, removing_at::text as removing_at`,
    [blob.workspace_id, blob.sha256, blob.removing_at],
  );
  return rows[0] ?? null;
}

/** Forgets a file that was removed, unless another has taken its removal over. */
export async function forgetBlob(db: Queryable, blob: UnnamedBlob): Promise<void> {
  await db.query(
    'delete from media_blob where workspace_id = $1 and sha256 = $2 and removing_at = $3::text::timestamptz',
    [blob.workspace_id, blob.sha256, blob.removing_at],
  );
}

/** Ends every reservation of a workspace: it is being erased, and nothing is named in it any more. */
export async function endReservations(db: Queryable, workspaceId: string): Promise<void> {
  await db.query('update media_blob set reserved_until = null where workspace_id = $1 and reserved_until is not null', [
    workspaceId,
  ]);
}
