import { randomBytes } from 'node:crypto';
import { SYSTEM } from '../../operations/audit/entry.ts';
import type { Db } from '../../platform/db/port.ts';
import { StartupError } from '../../platform/errors.ts';
import { newId } from '../../platform/ids.ts';
import { recordEvents } from '../events/index.ts';
import { auditAccount } from './audit.ts';
import { Passwords } from './password.ts';
import { findPersonByEmail, insertPerson } from './person-store.ts';
import { normaliseEmail } from './services.ts';
import { insertMembership, lockOwners } from './store.ts';

const DEFAULT_EMAIL = 'owner@waping.local';
/** 120 bits. */
const PASSWORD_BYTES = 15;

/** The owner a start has made. */
export interface FirstOwner {
  email: string;
  password: string;
  /** Whether the password is ours: then it is shown, this once. */
  generated: boolean;
}

/** Makes sure that a workspace has an owner. Null when it has one. */
export async function ensureOwner(
  db: Db,
  workspaceId: string,
  configured: { email: string | undefined; password: string | undefined },
): Promise<FirstOwner | null> {
  if ((await lockOwners(db, workspaceId)).length > 0) return null;
  const email = normaliseEmail(configured.email ?? DEFAULT_EMAIL);
  const password = configured.password ?? randomBytes(PASSWORD_BYTES).toString('base64url');
  const passwordHash = await new Passwords().hash(password);
  const made = await db.tx(async (tx) => {
    if ((await lockOwners(tx, workspaceId)).length > 0) return false;
    // Someone else's account must not become the owner of a workspace by a setting.
    if (await findPersonByEmail(tx, email)) {
      throw new StartupError(`${email} has an account already`, 'Set WAPING_OWNER_EMAIL to another address.');
    }
    const personId = newId('usr');
    await insertPerson(tx, { id: personId, email, name: 'Owner', passwordHash });
    await insertMembership(tx, { workspaceId, personId, role: 'owner' });
    const data = { personId, role: 'owner', invitationId: null };
    await recordEvents(tx, [{ workspaceId, deviceId: null, subjectId: personId, type: 'member.joined', data }]);
    const act = { actor: SYSTEM, action: 'members.createOwner', address: null, requestId: null };
    await auditAccount(tx, act, { personId, workspaceIds: [workspaceId], change: { after: { email, role: 'owner' } } });
    return true;
  });
  return made ? { email, password, generated: configured.password === undefined } : null;
}
