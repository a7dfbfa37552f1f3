import { isUniqueViolation } from '../../platform/db/db-error.ts';
import { WapingError } from '../../platform/errors.ts';
import { newId } from '../../platform/ids.ts';
import { recordEvents } from '../events/index.ts';
import { auditAccount, ownAct } from './audit.ts';
import { closeInvitation, findInvitationByToken, type InvitationRow } from './invitation-store.ts';
import { findPersonByEmail, insertPerson } from './person-store.ts';
import { proveIdentity } from './prove.ts';
import type { Origin, PeopleServices } from './services.ts';
import { type OpenedSession, openSession } from './session.ts';
import { insertMembership } from './store.ts';
import { hashToken } from './tokens.ts';

export interface Acceptance {
  token: string;
  /** Of the account there is, or for the one that is made. */
  password: string;
  code?: string | undefined;
  name?: string | undefined;
}

const gone = () => new WapingError('NOT_FOUND', 'this invitation was used, revoked or has run out', { param: 'token' });

interface Joining {
  id: string;
  /** Null for someone who has an account. */
  fresh: { name: string; passwordHash: string } | null;
}

// Hashing takes long and is done before the transaction.
async function whoJoins(
  services: PeopleServices,
  { input, invitation, origin }: { input: Acceptance; invitation: InvitationRow; origin: Origin },
): Promise<Joining> {
  const { email } = invitation;
  if (await findPersonByEmail(services.db, email)) {
    const person = await proveIdentity(services, { ...input, email }, origin);
    return { id: person.id, fresh: null };
  }
  const name = input.name ?? email.split('@')[0] ?? email;
  return { id: newId('usr'), fresh: { name, passwordHash: await services.passwords.hash(input.password) } };
}

async function join(
  services: PeopleServices,
  { invitation, origin }: { invitation: InvitationRow; origin: Origin },
  person: Joining,
): Promise<void> {
  const { workspace_id: workspaceId, email, role } = invitation;
  await services.db.tx(async (tx) => {
    if (!(await closeInvitation(tx, workspaceId, invitation.id))) throw gone();
    if (person.fresh) await insertPerson(tx, { id: person.id, email, ...person.fresh });
    if (!(await insertMembership(tx, { workspaceId, personId: person.id, role }))) {
      throw new WapingError('CONFLICT', 'you belong to this workspace already');
    }
    const data = { personId: person.id, role, invitationId: invitation.id };
    await recordEvents(tx, [{ workspaceId, deviceId: null, subjectId: person.id, type: 'member.joined', data }]);
    const change = { after: { role, invitationId: invitation.id } };
    await auditAccount(tx, ownAct(person.id, origin), { personId: person.id, workspaceIds: [workspaceId], change });
  });
}

/** Joins a workspace with the secret of an invitation, making the account where there is none, and signs in there. */
export async function acceptInvitation(
  services: PeopleServices,
  input: Acceptance,
  origin: Origin,
): Promise<OpenedSession> {
  const invitation = await findInvitationByToken(services.db, hashToken(input.token));
  if (!invitation) throw gone();
  const person = await whoJoins(services, { input, invitation, origin });
  try {
    await join(services, { invitation, origin }, person);
  } catch (error) {
    if (!isUniqueViolation(error)) throw error;
    throw new WapingError('CONFLICT', 'an account with this address was made meanwhile; try again', { cause: error });
  }
  // Joining is one thing, the session that follows another.
  const signingIn = { ...origin, action: 'auth.signIn' };
  return openSession(services, person.id, { origin: signingIn, workspaceId: invitation.workspace_id });
}
