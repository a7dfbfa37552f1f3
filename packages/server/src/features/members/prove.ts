import type { Tx } from '../../platform/db/port.ts';
import { WapingError } from '../../platform/errors.ts';
import { auditAccount, strangersAct } from './audit.ts';
import { findPersonByEmail, moveTotp, type PersonRow, spendRecoveryCode, spendTotpStep } from './person-store.ts';
import { normaliseEmail, type Origin, type PeopleServices } from './services.ts';
import { isKnownBrowser } from './session-store.ts';
import { listMemberships } from './store.ts';
import type { Outcome } from './throttle.ts';
import { hashRecoveryCode, hashToken } from './tokens.ts';
import { matchStep } from './totp.ts';

export interface Proof {
  password: string;
  /** A code of the authenticator app, or a recovery code. */
  code?: string | undefined;
}

const wrong = (param: string, message: string) =>
  new WapingError('UNAUTHORIZED', message, { param, details: [{ param, message }] });

/** What seals a person's TOTP secret, besides the key. */
export const totpContext = (personId: string) => `totp/${personId}`;

/** Opens a person's TOTP secret, in force or pending; null when there is none. */
export async function openTotp(services: PeopleServices, person: PersonRow): Promise<string | null> {
  if (!person.totp_sealed || !person.totp_workspace_id) return null;
  return services.dataKeys.open(person.totp_workspace_id, person.totp_sealed, totpContext(person.id));
}

// The key of a workspace the person has left is not ours to rely on: it goes when that workspace does.
async function keepTotpAtHome(services: PeopleServices, person: PersonRow, secret: string): Promise<void> {
  const workspaces = (await listMemberships(services.db, person.id)).map((row) => row.workspace_id);
  const home = workspaces[0];
  if (!person.totp_sealed || !home || workspaces.includes(person.totp_workspace_id ?? '')) return;
  const sealed = await services.dataKeys.seal(home, secret, totpContext(person.id));
  await moveTotp(services.db, { personId: person.id, workspaceId: home, sealed, was: person.totp_sealed });
}

const isAppCode = (text: string) => /^\d{6}$/.test(text);

async function spendCode(services: PeopleServices, person: PersonRow, text: string): Promise<boolean> {
  if (!isAppCode(text)) return spendRecoveryCode(services.db, person.id, hashRecoveryCode(text));
  const secret = await openTotp(services, person);
  const step = secret === null ? null : matchStep(secret, text, services.clock.now());
  if (secret === null || step === null || !(await spendTotpStep(services.db, person.id, step))) return false;
  await keepTotpAtHome(services, person, secret);
  return true;
}

async function checkCode(
  services: PeopleServices,
  person: PersonRow,
  { code, strange }: { code: string; strange: boolean },
): Promise<Outcome<PersonRow>> {
  const guarded = strange && isAppCode(code);
  if (guarded && !(await services.throttle.mayTryCode(person.id))) {
    return {
      failure: wrong('code', 'too many wrong codes: use a recovery code, or a browser you have signed in with before'),
    };
  }
  if (await spendCode(services, person, code)) return { value: person };
  if (guarded) await services.throttle.wrongCode(person.id);
  return { failure: wrong('code', 'the code is wrong or was used already') };
}

async function check(
  services: PeopleServices,
  person: PersonRow | null,
  { proof, strange, known }: { proof: Proof; strange: boolean; known: boolean },
): Promise<Outcome<PersonRow>> {
  const matches = await services.passwords.verify(person?.password_hash ?? null, proof.password, { known });
  if (!person || !matches) return { failure: wrong('password', 'the email address or the password is wrong') };
  if (!person.totp_confirmed_at) return { value: person };
  if (proof.code === undefined) throw wrong('code', 'a code of the authenticator app, or a recovery code, is needed');
  return checkCode(services, person, { code: proof.code.trim(), strange });
}

/** Failures of an hour that each get a row; of those beyond, every power of two does, so that guessing cannot fill the log. */
const ROWS_AN_HOUR = 20;
const isToldOf = (failures: number) => failures <= ROWS_AN_HOUR || (failures & (failures - 1)) === 0;

// Whoever failed has not shown who they are: the account is what the attempt was made on. The same statements run where
// there is no account, on no rows: the time of the answer must not tell whether there is one.
async function auditFailure(tx: Tx, origin: Origin, failed: { personId: string; failures: number }) {
  const { personId, failures } = failed;
  const concerned = (await listMemberships(tx, personId)).map((row) => row.workspace_id);
  const workspaceIds = isToldOf(failures) ? concerned : [];
  const change = { after: { failuresWithinTheHour: failures } };
  await auditAccount(tx.later, strangersAct(origin), { personId, workspaceIds, outcome: 'refused', change });
}

export interface Claim extends Proof {
  email: string;
  /** Id of the session it is made in, by someone who is inside already. */
  sessionId?: string;
}

/** Nobody has this id: what is asked of a person is asked of it where there is none. */
const NOBODY = 'nobody';

/**
 * Makes sure that a caller is the person with this address: password, then second factor where one is in force. Slowed
 * after failures. Throws UNAUTHORIZED naming `password` or `code`, or RATE_LIMITED.
 */
export async function proveIdentity(services: PeopleServices, claim: Claim, origin: Origin): Promise<PersonRow> {
  const email = normaliseEmail(claim.email);
  const person = await findPersonByEmail(services.db, email);
  const personId = person?.id ?? NOBODY;
  const browser = origin.browserToken;
  const strange = browser === null || !(await isKnownBrowser(services.db, hashToken(browser), personId));
  const session = claim.sessionId ? `session ${claim.sessionId}` : null;
  const known = strange ? session : browser;
  const counters = services.throttle.counters({ account: email, address: origin.address, known });
  return services.throttle.attempt(
    counters,
    () => check(services, person, { proof: claim, strange, known: known !== null }),
    (tx, failures) => auditFailure(tx, origin, { personId, failures }),
  );
}
