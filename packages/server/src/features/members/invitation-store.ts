import { type PageWindow, pageSql } from '../../operations/cursor.ts';
import type { Role } from '../../operations/define.ts';
import { Conditions } from '../../platform/db/conditions.ts';
import type { Queryable } from '../../platform/db/port.ts';

export interface InvitationRow {
  id: string;
  workspace_id: string;
  email: string;
  role: Role;
  invited_by: string;
  created_at: Date;
  expires_at: Date;
}

const COLUMNS = 'id, workspace_id, email, role, invited_by, created_at, expires_at';

/** Fails on `invitation_open` when one for this address is open already. */
export async function insertInvitation(
  tx: Queryable,
  invitation: {
    id: string;
    workspaceId: string;
    email: string;
    role: Role;
    tokenHash: Uint8Array;
    invitedBy: string;
    expiresAt: Date;
  },
): Promise<InvitationRow> {
  const [row] = await tx.query<InvitationRow>(
    `insert into invitation (id, workspace_id, email, role, token_hash, invited_by, expires_at)
     values ($1, $2, $3, $4, $5, $6, $7) returning ${COLUMNS}`,
    [
      invitation.id,
      invitation.workspaceId,
      invitation.email,
      invitation.role,
      invitation.tokenHash,
      invitation.invitedBy,
      invitation.expiresAt,
    ],
  );
  if (!row) throw new Error('the statement returned no row');
  return row;
}

/** One that ran out does not stand in the way of the next. */
export async function closeExpiredInvitations(tx: Queryable, workspaceId: string, email: string): Promise<void> {
  await tx.query(
    `update invitation set closed_at = now()
     where workspace_id = $1 and email = $2 and closed_at is null and expires_at <= now()`,
    [workspaceId, email],
  );
}

/** Those that can still be accepted. */
export async function listInvitationRows(
  tx: Queryable,
  filter: { workspaceId: string; page: PageWindow },
): Promise<InvitationRow[]> {
  const where = new Conditions().and(
    'closed_at is null and expires_at > now() and workspace_id = ?',
    filter.workspaceId,
  );
  return tx.query<InvitationRow>(
    `select ${COLUMNS} from invitation ${pageSql(where, 'id', filter.page)}`,
    where.params,
  );
}

export async function findInvitation(tx: Queryable, workspaceId: string, id: string): Promise<InvitationRow | null> {
  const rows = await tx.query<InvitationRow>(
    `select ${COLUMNS} from invitation where workspace_id = $1 and id = $2 and closed_at is null and expires_at > now()`,
    [workspaceId, id],
  );
  return rows[0] ?? null;
}

/** The open invitation of a link. It has no workspace yet: it is what tells us the workspace. */
export async function findInvitationByToken(db: Queryable, tokenHash: Uint8Array): Promise<InvitationRow | null> {
  const rows = await db.query<InvitationRow>(
    `select ${COLUMNS} from invitation where token_hash = $1 and closed_at is null and expires_at > now()`,
    [tokenHash],
  );
  return rows[0] ?? null;
}

/** Closes an open invitation. False when another request was faster. */
export async function closeInvitation(tx: Queryable, workspaceId: string, id: string): Promise<boolean> {
  const rows = await tx.query(
    'update invitation set closed_at = now() where workspace_id = $1 and id = $2 and closed_at is null returning id',
    [workspaceId, id],
  );
  return rows.length > 0;
}
