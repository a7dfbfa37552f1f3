import type { Queryable } from '../../platform/db/port.ts';

/** What a workspace may know and change of itself. Its key and its plan's limits are not among it. */
export interface SettingsRow {
  id: string;
  name: string;
  plan: string;
  retention_messages_days: number | null;
  retention_events_days: number | null;
  retention_audit_days: number | null;
  consent_words: unknown;
  erasing_at: Date | null;
  created_at: Date;
}

const COLUMNS =
  'id, name, plan, retention_messages_days, retention_events_days, retention_audit_days, consent_words, erasing_at, created_at';

export async function findSettings(tx: Queryable, workspaceId: string): Promise<SettingsRow | null> {
  const rows = await tx.query<SettingsRow>(`select ${COLUMNS} from workspace where id = $1`, [workspaceId]);
  return rows[0] ?? null;
}

/** Reads the settings for a change: the row stays locked until the transaction ends. */
export async function lockSettings(tx: Queryable, workspaceId: string): Promise<SettingsRow | null> {
  const rows = await tx.query<SettingsRow>(`select ${COLUMNS} from workspace where id = $1 for no key update`, [
    workspaceId,
  ]);
  return rows[0] ?? null;
}

export async function writeSettings(tx: Queryable, row: SettingsRow): Promise<void> {
  await tx.query(
    `update workspace set name = $2, retention_messages_days = $3, retention_events_days = $4, retention_audit_days = $5,
       consent_words = $6::jsonb
     where id = $1`,
    [
      row.id,
      row.name,
      row.retention_messages_days,
      row.retention_events_days,
      row.retention_audit_days,
      row.consent_words === null ? null : JSON.stringify(row.consent_words),
    ],
  );
}
