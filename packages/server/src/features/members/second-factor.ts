import { WapingError } from '../../platform/errors.ts';
import { auditAccount, ownAct } from './audit.ts';
import { proveAgain } from './change-password.ts';
import {
  clearTotp,
  confirmTotp,
  deleteRecoveryCodes,
  findPerson,
  insertRecoveryCodes,
  writePendingTotp,
} from './person-store.ts';
import { openTotp, type Proof, totpContext } from './prove.ts';
import type { Origin, PeopleServices } from './services.ts';
import type { PersonCaller } from './session.ts';
import { hashRecoveryCode, mintRecoveryCodes } from './tokens.ts';
import { matchStep, newTotpSecret, totpUri } from './totp.ts';

export interface Proven {
  proof: Proof;
  origin: Origin;
}

const inForce = () => new WapingError('CONFLICT', 'a second factor is in force; turn it off first');

/** Makes a secret for the authenticator app. It is in force once `confirmSecondFactor` has seen a code of it. */
export async function startSecondFactor(
  services: PeopleServices,
  caller: PersonCaller,
  given: Proven,
): Promise<{ secret: string; uri: string }> {
  const person = await proveAgain(services, caller, given);
  const secret = newTotpSecret();
  const workspaceId = caller.workspaceId;
  const sealed = await services.dataKeys.seal(workspaceId, secret, totpContext(person.id));
  await services.db.tx(async (tx) => {
    if (!(await writePendingTotp(tx, { personId: person.id, workspaceId, sealed }))) throw inForce();
    await auditAccount(tx, ownAct(person.id, given.origin), { personId: person.id });
  });
  return { secret, uri: totpUri(secret, person.email) };
}

/** Puts the second factor in force. Returns the recovery codes, this once. */
export async function confirmSecondFactor(
  services: PeopleServices,
  caller: PersonCaller,
  { code, origin }: { code: string; origin: Origin },
): Promise<string[]> {
  const person = await findPerson(services.db, caller.actor.id);
  if (person?.totp_confirmed_at) throw inForce();
  const secret = person ? await openTotp(services, person) : null;
  const sealed = person?.totp_sealed;
  if (!person || secret === null || !sealed) {
    throw new WapingError('CONFLICT', 'start with POST /v1/auth/second-factor');
  }
  const step = matchStep(secret, code, services.clock.now());
  if (step === null) throw new WapingError('VALIDATION_ERROR', 'code: is not one of this secret', { param: 'code' });
  const codes = mintRecoveryCodes();
  await services.db.tx(async (tx) => {
    if (!(await confirmTotp(tx, { personId: person.id, sealed, step }))) throw inForce();
    await deleteRecoveryCodes(tx, person.id);
    await insertRecoveryCodes(tx, person.id, codes.map(hashRecoveryCode));
    await auditAccount(tx, ownAct(person.id, origin), { personId: person.id });
  });
  return codes;
}

/** Makes new recovery codes; the old ones stop working. */
export async function renewRecoveryCodes(
  services: PeopleServices,
  caller: PersonCaller,
  given: Proven,
): Promise<string[]> {
  const person = await proveAgain(services, caller, given);
  if (!person.totp_confirmed_at) throw new WapingError('CONFLICT', 'no second factor is in force');
  const codes = mintRecoveryCodes();
  await services.db.tx(async (tx) => {
    await deleteRecoveryCodes(tx, person.id);
    await insertRecoveryCodes(tx, person.id, codes.map(hashRecoveryCode));
    await auditAccount(tx, ownAct(person.id, given.origin), { personId: person.id });
  });
  return codes;
}

/** Turns the second factor off. */
export async function stopSecondFactor(services: PeopleServices, caller: PersonCaller, given: Proven): Promise<void> {
  const person = await proveAgain(services, caller, given);
  await services.db.tx(async (tx) => {
    await clearTotp(tx, person.id);
    await auditAccount(tx, ownAct(person.id, given.origin), { personId: person.id });
  });
}
