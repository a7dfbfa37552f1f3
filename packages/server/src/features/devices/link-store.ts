import type { Queryable } from '../../platform/db/port.ts';

export interface LinkRow {
  method: 'qr' | 'code';
  phone: string | null;
  secret_sealed: Uint8Array | null;
  expires_at: Date | null;
  deadline: Date;
}

export async function startLink(
  tx: Queryable,
  link: { workspaceId: string; deviceId: string; method: string; phone: string | null; deadline: Date },
): Promise<void> {
  await tx.query(
    `insert into device_link (workspace_id, device_id, method, phone, deadline) values ($1, $2, $3, $4, $5)
     on conflict (device_id) do update set method = excluded.method, phone = excluded.phone, deadline = excluded.deadline,
       secret_sealed = null, expires_at = null, started_at = now()
     where device_link.workspace_id = excluded.workspace_id`,
    [link.workspaceId, link.deviceId, link.method, link.phone, link.deadline],
  );
}

/** Keeps the QR text or pairing code to show now, sealed: whoever reads it can link the account. */
export async function showSecret(
  tx: Queryable,
  secret: { workspaceId: string; deviceId: string; sealed: Uint8Array; expiresAt: Date },
): Promise<void> {
  await tx.query(
    'update device_link set secret_sealed = $3, expires_at = $4 where workspace_id = $1 and device_id = $2',
    [secret.workspaceId, secret.deviceId, secret.sealed, secret.expiresAt],
  );
}

export async function findLink(tx: Queryable, workspaceId: string, deviceId: string): Promise<LinkRow | null> {
  const rows = await tx.query<LinkRow>(
    'select method, phone, secret_sealed, expires_at, deadline from device_link where workspace_id = $1 and device_id = $2',
    [workspaceId, deviceId],
  );
  return rows[0] ?? null;
}

export async function endLink(tx: Queryable, workspaceId: string, deviceId: string): Promise<void> {
  await tx.query('delete from device_link where workspace_id = $1 and device_id = $2', [workspaceId, deviceId]);
}
