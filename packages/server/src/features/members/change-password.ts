import { WapingError } from '../../platform/errors.ts';
import { auditAccount, ownAct } from './audit.ts';
import { deleteResets, findPerson, writePassword } from './person-store.ts';
import { type Proof, proveIdentity } from './prove.ts';
import type { Origin, PeopleServices } from './services.ts';
import type { PersonCaller } from './session.ts';
import { deleteSessions } from './session-store.ts';

/** Makes sure that a signed-in caller is still the person, before something that matters. */
export async function proveAgain(
  services: PeopleServices,
  caller: PersonCaller,
  { proof, origin }: { proof: Proof; origin: Origin },
) {
  const person = await findPerson(services.db, caller.actor.id);
  if (!person) throw new WapingError('UNAUTHORIZED', 'you are not signed in');
  const { sessionId } = caller.actor;
  return proveIdentity(services, { ...proof, email: person.email, sessionId }, origin);
}

/** Changes the password of the caller and ends all their other sessions. */
export async function changePassword(
  services: PeopleServices,
  caller: PersonCaller,
  { proof, origin, newPassword }: { proof: Proof; origin: Origin; newPassword: string },
): Promise<void> {
  const person = await proveAgain(services, caller, { proof, origin });
  const passwordHash = await services.passwords.hash(newPassword);
  await services.db.tx(async (tx) => {
    await writePassword(tx, person.id, passwordHash);
    await deleteResets(tx, person.id);
    await deleteSessions(tx, person.id, caller.actor.sessionId);
    await auditAccount(tx, ownAct(person.id, origin), { personId: person.id });
  });
}
