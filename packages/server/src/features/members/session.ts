import type { PersonActor } from '../../operations/context.ts';
import type { Role } from '../../operations/define.ts';
import { Gathered } from '../../platform/db/gathered.ts';
import { WapingError } from '../../platform/errors.ts';
import { brandId, newId, type WorkspaceId } from '../../platform/ids.ts';
import { auditAccount, ownAct } from './audit.ts';
import type { Origin, PeopleServices } from './services.ts';
import {
  deleteSession,
  findSession,
  findVisibleSession,
  insertSession,
  moveSession,
  rememberBrowser,
  type SessionRow,
  touchSession,
} from './session-store.ts';
import { listMemberships } from './store.ts';
import { hashToken, mintSecret } from './tokens.ts';

/** A session ends after this, used or not. */
export const SESSION_MS = 30 * 24 * 3_600_000;
const TOUCH_MS = 60_000;
const MAX_USER_AGENT = 300;

/** A signed-in caller. */
export interface PersonCaller {
  workspaceId: WorkspaceId;
  actor: PersonActor;
}

/** What a sign-in hands to the browser, for cookies. Both secrets are shown to it alone. */
export interface OpenedSession {
  sessionToken: string;
  browserToken: string;
  session: SessionRow;
}

const signedOut = () => new WapingError('UNAUTHORIZED', 'you are not signed in, or your session has ended');

/** Opens a session in one of the person's workspaces: the one named, or the one they joined first. */
export async function openSession(
  services: PeopleServices,
  personId: string,
  { origin, workspaceId }: { origin: Origin; workspaceId?: string | undefined },
): Promise<OpenedSession> {
  const memberships = await listMemberships(services.db, personId);
  const chosen = memberships.find((row) => workspaceId === undefined || row.workspace_id === workspaceId);
  if (!chosen) {
    const message = workspaceId ? 'you do not belong to this workspace' : 'you belong to no workspace';
    throw new WapingError('FORBIDDEN', message, { details: [{ param: 'workspaceId', message }] });
  }
  const secret = mintSecret();
  const browserToken = origin.browserToken ?? mintSecret().token;
  const writes = new Gathered();
  const sessionId = newId('ses');
  await insertSession(writes, {
    id: sessionId,
    personId,
    workspaceId: chosen.workspace_id,
    tokenHash: secret.hash,
    address: origin.address,
    userAgent: storableAgent(origin.userAgent),
    expiresAt: new Date(services.clock.now().getTime() + SESSION_MS),
  });
  await rememberBrowser(writes, hashToken(browserToken), personId);
  await auditAccount(writes, ownAct(personId, origin), {
    personId,
    workspaceIds: [chosen.workspace_id],
    change: { after: { sessionId } },
  });
  await services.db.batch(writes.statements);
  const session = await findSession(services.db, secret.hash);
  if (!session) throw signedOut();
  return { sessionToken: secret.token, browserToken, session };
}

function storableAgent(text: string | null): string | null {
  return text === null ? null : text.replace(/[^\x20-\x7e]/g, '?').slice(0, MAX_USER_AGENT);
}

/** The caller behind a session cookie. Read anew each time: a role that changed or a session that ended counts at once. */
export async function authenticateSession(services: PeopleServices, token: string): Promise<PersonCaller> {
  const row = await findSession(services.db, hashToken(token));
  if (!row) throw signedOut();
  if (services.clock.now().getTime() - row.last_seen_at.getTime() > TOUCH_MS) {
    await touchSession(services.db, { id: row.id, workspaceId: row.workspace_id });
  }
  return callerOf(row);
}

/**
 * The caller behind a session, by its id alone: for what the session has vouched for, such as a stream token. Throws
 * UNAUTHORIZED where it has ended, or works in another workspace now.
 */
export async function resumeSession(
  services: Pick<PeopleServices, 'db'>,
  session: { id: string; workspaceId: string },
): Promise<PersonCaller> {
  const row = await findVisibleSession(services.db, { ...session, personId: null });
  if (!row) throw signedOut();
  return callerOf(row);
}

function callerOf(row: SessionRow): PersonCaller {
  return {
    workspaceId: brandId('ws', row.workspace_id),
    actor: {
      kind: 'person',
      id: brandId('usr', row.person_id),
      role: row.role,
      sessionId: brandId('ses', row.id),
    },
  };
}

/** The person, session and workspaces of a signed-in caller. */
export async function currentSession(services: PeopleServices, token: string): Promise<SessionRow> {
  const row = await findSession(services.db, hashToken(token));
  if (!row) throw signedOut();
  return row;
}

export async function listWorkspacesOf(
  services: PeopleServices,
  personId: string,
): Promise<{ id: string; name: string; role: Role }[]> {
  const rows = await listMemberships(services.db, personId);
  return rows.map((row) => ({ id: row.workspace_id, name: row.workspace_name, role: row.role }));
}

/** Ends a session. One that has ended already is no fault. */
export async function signOut(services: PeopleServices, token: string, origin: Origin): Promise<void> {
  const row = await findSession(services.db, hashToken(token));
  if (!row) return;
  const { id: sessionId, person_id: personId, workspace_id: workspaceId } = row;
  await services.db.tx(async (tx) => {
    if (!(await deleteSession(tx, sessionId, personId))) return;
    const change = { before: { sessionId } };
    await auditAccount(tx, ownAct(personId, origin), { personId, workspaceIds: [workspaceId], change });
  });
}

/** Goes on in another workspace of the same person. NOT_FOUND when they do not belong there. */
export async function switchWorkspace(
  services: PeopleServices,
  caller: PersonCaller,
  { workspaceId, origin }: { workspaceId: string; origin: Origin },
): Promise<void> {
  const { id: personId, sessionId } = caller.actor;
  await services.db.tx(async (tx) => {
    if (!(await moveSession(tx, { id: sessionId, personId, workspaceId }))) {
      throw new WapingError('NOT_FOUND', 'no such workspace', { param: 'workspaceId' });
    }
    // Both see that the session came or went; neither learns the name of the other.
    const workspaceIds = [...new Set([caller.workspaceId, workspaceId])];
    await auditAccount(tx, ownAct(personId, origin), { personId, workspaceIds, change: { after: { sessionId } } });
  });
}
