import type { Transactional } from '../../platform/db/port.ts';
import { WapingError } from '../../platform/errors.ts';
import { type AccountAct, auditAccount, commandsAct, ownAct, strangersAct } from './audit.ts';
import {
  clearTotp,
  deleteResets,
  findPersonByEmail,
  findReset,
  insertReset,
  spendReset,
  writePassword,
} from './person-store.ts';
import { normaliseEmail, type Origin, type PeopleServices } from './services.ts';
import { deleteSessions, rememberBrowser } from './session-store.ts';
import { addFailures, readFailures } from './throttle-store.ts';
import { hashToken, mintSecret } from './tokens.ts';

const RESET_MS = 3_600_000;
/** Mails an hour to one address, and on behalf of one network. Links already sent keep working. */
const MAILS_PER_ACCOUNT = 4;
const MAILS_PER_NETWORK = 30;

/** A link that sets a new password, once, within the hour. Null when nobody has this address. */
export async function makeResetLink(
  db: Transactional,
  request: { email: string; publicUrl: string; now: Date; act: AccountAct },
): Promise<string | null> {
  const person = await findPersonByEmail(db, normaliseEmail(request.email));
  if (!person) return null;
  const { token, hash } = mintSecret();
  const expiresAt = new Date(request.now.getTime() + RESET_MS);
  await db.tx(async (tx) => {
    await insertReset(tx, { tokenHash: hash, personId: person.id, expiresAt });
    await auditAccount(tx, request.act, { personId: person.id });
  });
  return `${request.publicUrl}/account/reset#${token}`;
}

/** Takes the second factor off an account: for the operator, when phone and recovery codes are lost. */
export async function removeSecondFactor(db: Transactional, email: string): Promise<boolean> {
  const person = await findPersonByEmail(db, normaliseEmail(email));
  if (!person) return false;
  await db.tx(async (tx) => {
    await clearTotp(tx, person.id);
    await auditAccount(tx, commandsAct('people.removeSecondFactor'), { personId: person.id });
  });
  return true;
}

async function mayMail(services: PeopleServices, counters: { account: string; network: string }): Promise<boolean> {
  const rows = await readFailures(services.db, [counters.account, counters.network]);
  const count = (key: string) => rows.find((row) => row.key === key)?.failures ?? 0;
  if (count(counters.account) >= MAILS_PER_ACCOUNT || count(counters.network) >= MAILS_PER_NETWORK) return false;
  await addFailures(services.db, [counters.account, counters.network]);
  return true;
}

/** Mails a reset link where SMTP is configured. The caller learns nothing, neither from the answer nor from its time. */
export async function requestReset(services: PeopleServices, email: string, origin: Origin): Promise<void> {
  const { mailer } = services;
  if (!mailer) return;
  const [, account, network] = services.throttle.counters({
    account: `reset ${normaliseEmail(email)}`,
    address: `reset ${origin.address}`,
    known: null,
  });
  if (!account || !network || !(await mayMail(services, { account: account.key, network: network.key }))) return;
  const act = strangersAct(origin);
  const request = { email, publicUrl: services.publicUrl(), now: services.clock.now(), act };
  const link = await makeResetLink(services.db, request);
  if (!link) return;
  mailer.send({
    to: normaliseEmail(email),
    subject: 'Set a new password for WAPing',
    text: `Someone, probably you, asked to set a new password.\n\nWithin the next hour, open this link:\n\n${link}\n\nIf it was not you, there is nothing to do.\n`,
  });
}

/**
 * Sets a password with the secret of a link, and ends all sessions. A second factor stays in force. Returns the browser's
 * secret: whoever had the link counts as known from now on, so that guessing by others does not slow them.
 */
export async function resetPassword(
  services: PeopleServices,
  input: { token: string; newPassword: string },
  origin: Origin,
): Promise<{ browserToken: string }> {
  const tokenHash = hashToken(input.token);
  const gone = () => new WapingError('NOT_FOUND', 'this link was used or has run out', { param: 'token' });
  const reset = await findReset(services.db, tokenHash);
  if (!reset) throw gone();
  const passwordHash = await services.passwords.hash(input.newPassword);
  const browserToken = origin.browserToken ?? mintSecret().token;
  await services.db.tx(async (tx) => {
    if (!(await spendReset(tx, tokenHash))) throw gone();
    await writePassword(tx, reset.person_id, passwordHash);
    await deleteResets(tx, reset.person_id);
    await deleteSessions(tx, reset.person_id, null);
    await rememberBrowser(tx, hashToken(browserToken), reset.person_id);
    await auditAccount(tx, ownAct(reset.person_id, origin), { personId: reset.person_id });
  });
  return { browserToken };
}
