import type { Queryable } from '../../platform/db/port.ts';

export interface CheckRow {
  phone: string;
  on_whatsapp: boolean;
  canonical: string | null;
  lid: string | null;
  checked_at: Date;
}

/** Numbers a workspace keeps at most: the oldest go first. */
const MAX_KEPT = 10_000;

/** What is known of these numbers, if it is newer than `since`. */
export async function findChecks(
  tx: Queryable,
  wanted: { workspaceId: string; network: string; phones: readonly string[]; since: Date },
): Promise<CheckRow[]> {
  return tx.query<CheckRow>(
    `select phone, on_whatsapp, canonical, lid, checked_at from number_check
     where workspace_id = $1 and network = $2 and phone = any ($3::text[]) and checked_at > $4`,
    [wanted.workspaceId, wanted.network, wanted.phones, wanted.since],
  );
}

export async function saveChecks(
  tx: Queryable,
  of: { workspaceId: string; network: string },
  rows: readonly CheckRow[],
): Promise<void> {
  await tx.query(
    `insert into number_check as n (workspace_id, network, phone, on_whatsapp, canonical, lid, checked_at)
     select $1, $2, r.phone, r.on_whatsapp, r.canonical, r.lid, r.checked_at
     from unnest($3::text[], $4::boolean[], $5::text[], $6::text[], $7::timestamptz[])
       as r (phone, on_whatsapp, canonical, lid, checked_at)
     on conflict (workspace_id, phone, network) do update set on_whatsapp = excluded.on_whatsapp,
       canonical = excluded.canonical, lid = excluded.lid, checked_at = excluded.checked_at`,
    [
      of.workspaceId,
      of.network,
      rows.map((r) => r.phone),
      rows.map((r) => r.on_whatsapp),
      rows.map((r) => r.canonical),
      rows.map((r) => r.lid),
      rows.map((r) => r.checked_at),
    ],
  );
}

/** Forgets answers that are too old, but not what they taught: a number's other form stays known within the bound. */
export async function forgetChecks(tx: Queryable, workspaceId: string, before: Date): Promise<void> {
  await tx.query(
    `delete from number_check where workspace_id = $1 and (
       (checked_at <= $2 and (canonical is null or canonical = phone))
       or (phone, network) in (select phone, network from number_check where workspace_id = $1
         order by checked_at desc, phone offset ${MAX_KEPT}))`,
    [workspaceId, before],
  );
}
