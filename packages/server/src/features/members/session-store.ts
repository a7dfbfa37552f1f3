import { type PageWindow, pageSql } from '../../operations/cursor.ts';
import type { Role } from '../../operations/define.ts';
import { Conditions } from '../../platform/db/conditions.ts';
import type { Queryable } from '../../platform/db/port.ts';

export interface SessionRow {
  id: string;
  person_id: string;
  workspace_id: string;
  address: string;
  user_agent: string | null;
  created_at: Date;
  last_seen_at: Date;
  expires_at: Date;
  role: Role;
  email: string;
  name: string;
}

// A session ends at its time, or after two weeks without use.
const ALIVE = `s.expires_at > now() and s.last_seen_at > now() - interval '14 days'`;
const SESSION = `s.id, s.person_id, s.workspace_id, s.address, s.user_agent, s.created_at, s.last_seen_at, s.expires_at,
  m.role, p.email, p.name from person_session s
  join membership m on m.workspace_id = s.workspace_id and m.person_id = s.person_id join person p on p.id = s.person_id`;

/** The session of a cookie. The one read that has no workspace yet: it is what tells us the workspace. */
export async function findSession(db: Queryable, tokenHash: Uint8Array): Promise<SessionRow | null> {
  const rows = await db.query<SessionRow>(`select ${SESSION} where s.token_hash = $1 and ${ALIVE}`, [tokenHash]);
  return rows[0] ?? null;
}

/** Makes a session; of the person's older ones, those that ended and those beyond the newest hundred go. */
export async function insertSession(
  db: Queryable,
  session: {
    id: string;
    personId: string;
    workspaceId: string;
    tokenHash: Uint8Array;
    address: string;
    userAgent: string | null;
    expiresAt: Date;
  },
): Promise<void> {
  await db.query(
    `with old as (
       delete from person_session s where s.person_id = $2 and (not (${ALIVE}) or s.id in (
         select id from person_session where person_id = $2 order by id desc offset 99)))
     insert into person_session (id, person_id, workspace_id, token_hash, address, user_agent, expires_at)
     values ($1, $2, $3, $4, $5, $6, $7)`,
    [
      session.id,
      session.personId,
      session.workspaceId,
      session.tokenHash,
      session.address,
      session.userAgent,
      session.expiresAt,
    ],
  );
}

export async function touchSession(db: Queryable, session: { id: string; workspaceId: string }): Promise<void> {
  await db.query('update person_session set last_seen_at = now() where id = $1 and workspace_id = $2', [
    session.id,
    session.workspaceId,
  ]);
}

/** Moves a session to another workspace of its person. False when the person does not belong there. */
export async function moveSession(
  db: Queryable,
  session: { id: string; personId: string; workspaceId: string },
): Promise<boolean> {
  const rows = await db.query(
    `update person_session s set workspace_id = m.workspace_id from membership m
     where s.id = $1 and s.person_id = $2 and m.person_id = $2 and m.workspace_id = $3 returning s.id`,
    [session.id, session.personId, session.workspaceId],
  );
  return rows.length > 0;
}

/** Sessions that work in one workspace now. */
export async function listWorkspaceSessions(
  db: Queryable,
  filter: { workspaceId: string; personId: string | null; page: PageWindow },
): Promise<SessionRow[]> {
  const where = new Conditions()
    .and(`${ALIVE} and s.workspace_id = ?`, filter.workspaceId)
    .and('s.person_id = ?', filter.personId);
  return db.query<SessionRow>(`select ${SESSION} ${pageSql(where, 's.id', filter.page)}`, where.params);
}

/** All sessions of one person, whatever workspace they work in: for that person alone. */
export async function listOwnSessions(
  db: Queryable,
  filter: { personId: string; page: PageWindow },
): Promise<SessionRow[]> {
  const where = new Conditions().and(`${ALIVE} and s.person_id = ?`, filter.personId);
  return db.query<SessionRow>(`select ${SESSION} ${pageSql(where, 's.id', filter.page)}`, where.params);
}

/** A session a caller may know of: one in their workspace, or their own. */
export async function findVisibleSession(
  db: Queryable,
  filter: { id: string; workspaceId: string; personId: string | null },
): Promise<SessionRow | null> {
  const rows = await db.query<SessionRow>(
    `select ${SESSION} where s.id = $1 and (s.workspace_id = $2 or s.person_id = $3) and ${ALIVE}`,
    [filter.id, filter.workspaceId, filter.personId],
  );
  return rows[0] ?? null;
}

/** False when it has ended already. */
export async function deleteSession(db: Queryable, id: string, personId: string): Promise<boolean> {
  const rows = await db.query('delete from person_session where id = $1 and person_id = $2 returning id', [
    id,
    personId,
  ]);
  return rows.length > 0;
}

/** Ends the sessions of a person, all but `keep`. */
export async function deleteSessions(tx: Queryable, personId: string, keep: string | null): Promise<void> {
  await tx.query(`delete from person_session where person_id = $1 and id <> coalesce($2, '')`, [personId, keep]);
}

/** Whether this browser has signed in to this account before. */
export async function isKnownBrowser(db: Queryable, tokenHash: Uint8Array, personId: string): Promise<boolean> {
  const rows = await db.query('select 1 as known from known_browser where token_hash = $1 and person_id = $2', [
    tokenHash,
    personId,
  ]);
  return rows.length > 0;
}

/** Remembers a browser; the twenty used last are kept. */
export async function rememberBrowser(db: Queryable, tokenHash: Uint8Array, personId: string): Promise<void> {
  await db.query(
    `with old as (
       delete from known_browser where person_id = $2 and token_hash <> $1 and token_hash in (
         select token_hash from known_browser where person_id = $2 order by seen_at desc offset 19))
     insert into known_browser (token_hash, person_id) values ($1, $2)
     on conflict (token_hash, person_id) do update set seen_at = now()`,
    [tokenHash, personId],
  );
}
