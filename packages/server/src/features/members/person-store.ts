import type { Queryable } from '../../platform/db/port.ts';

export interface PersonRow {
  id: string;
  email: string;
  name: string;
  password_hash: string;
  totp_workspace_id: string | null;
  totp_sealed: Uint8Array | null;
  totp_confirmed_at: Date | null;
}

// A person's own rows have no workspace: a person may belong to several.
const COLUMNS = 'id, email, name, password_hash, totp_workspace_id, totp_sealed, totp_confirmed_at';

export async function findPersonByEmail(db: Queryable, email: string): Promise<PersonRow | null> {
  const rows = await db.query<PersonRow>(`select ${COLUMNS} from person where email = $1`, [email]);
  return rows[0] ?? null;
}

export async function findPerson(db: Queryable, id: string): Promise<PersonRow | null> {
  const rows = await db.query<PersonRow>(`select ${COLUMNS} from person where id = $1`, [id]);
  return rows[0] ?? null;
}

export async function insertPerson(
  tx: Queryable,
  person: { id: string; email: string; name: string; passwordHash: string },
): Promise<void> {
  await tx.query('insert into person (id, email, name, password_hash) values ($1, $2, $3, $4)', [
    person.id,
    person.email,
    person.name,
    person.passwordHash,
  ]);
}

export async function writePassword(tx: Queryable, personId: string, passwordHash: string): Promise<void> {
  await tx.query('update person set password_hash = $2, password_at = now() where id = $1', [personId, passwordHash]);
}

/** Keeps a secret that is not in force yet. False when one is in force already. */
export async function writePendingTotp(
  db: Queryable,
  totp: { personId: string; workspaceId: string; sealed: Uint8Array },
): Promise<boolean> {
  const rows = await db.query(
    `update person set totp_workspace_id = $2, totp_sealed = $3, totp_last_step = 0
     where id = $1 and totp_confirmed_at is null returning id`,
    [totp.personId, totp.workspaceId, totp.sealed],
  );
  return rows.length > 0;
}

/** Puts the pending secret in force. False when there is none, or another than the one that was checked. */
export async function confirmTotp(
  tx: Queryable,
  totp: { personId: string; sealed: Uint8Array; step: number },
): Promise<boolean> {
  const rows = await tx.query(
    `update person set totp_confirmed_at = now(), totp_last_step = $3
     where id = $1 and totp_sealed = $2 and totp_confirmed_at is null returning id`,
    [totp.personId, totp.sealed, totp.step],
  );
  return rows.length > 0;
}

/** Uses up a step: a code that was seen over a shoulder does not work again. False when it, or a later one, was used. */
export async function spendTotpStep(db: Queryable, personId: string, step: number): Promise<boolean> {
  const rows = await db.query(
    'update person set totp_last_step = $2 where id = $1 and totp_last_step < $2 returning id',
    [personId, step],
  );
  return rows.length > 0;
}

/** Seals the same secret under another workspace. */
export async function moveTotp(
  db: Queryable,
  totp: { personId: string; workspaceId: string; sealed: Uint8Array; was: Uint8Array },
): Promise<void> {
  await db.query('update person set totp_workspace_id = $2, totp_sealed = $3 where id = $1 and totp_sealed = $4', [
    totp.personId,
    totp.workspaceId,
    totp.sealed,
    totp.was,
  ]);
}

export async function clearTotp(tx: Queryable, personId: string): Promise<void> {
  await tx.query(
    `with codes as (delete from person_recovery_code where person_id = $1)
     update person set totp_workspace_id = null, totp_sealed = null, totp_confirmed_at = null, totp_last_step = 0
     where id = $1`,
    [personId],
  );
}

export async function deleteRecoveryCodes(tx: Queryable, personId: string): Promise<void> {
  await tx.query('delete from person_recovery_code where person_id = $1', [personId]);
}

export async function insertRecoveryCodes(tx: Queryable, personId: string, hashes: Uint8Array[]): Promise<void> {
  await tx.query('insert into person_recovery_code (person_id, code_hash) select $1, unnest($2::bytea[])', [
    personId,
    hashes,
  ]);
}

/** Uses up a recovery code. False when it is none of this person's. */
export async function spendRecoveryCode(db: Queryable, personId: string, hash: Uint8Array): Promise<boolean> {
  const rows = await db.query(
    'delete from person_recovery_code where person_id = $1 and code_hash = $2 returning person_id',
    [personId, hash],
  );
  return rows.length > 0;
}

/** Keeps a reset token, and of the older ones the newest few that still work. */
export async function insertReset(
  tx: Queryable,
  reset: { tokenHash: Uint8Array; personId: string; expiresAt: Date },
): Promise<void> {
  await tx.query(
    `with old as (
       delete from password_reset where person_id = $2 and token_hash not in (
         select token_hash from password_reset where person_id = $2 and expires_at > now()
         order by created_at desc limit 4))
     insert into password_reset (token_hash, person_id, expires_at) values ($1, $2, $3)`,
    [reset.tokenHash, reset.personId, reset.expiresAt],
  );
}

export async function findReset(db: Queryable, tokenHash: Uint8Array): Promise<{ person_id: string } | null> {
  const rows = await db.query<{ person_id: string }>(
    'select person_id from password_reset where token_hash = $1 and expires_at > now()',
    [tokenHash],
  );
  return rows[0] ?? null;
}

/** Uses up a reset token. False when another request was faster. */
export async function spendReset(tx: Queryable, tokenHash: Uint8Array): Promise<boolean> {
  const rows = await tx.query(
    'delete from password_reset where token_hash = $1 and expires_at > now() returning person_id',
    [tokenHash],
  );
  return rows.length > 0;
}

export async function deleteResets(tx: Queryable, personId: string): Promise<void> {
  await tx.query('delete from password_reset where person_id = $1', [personId]);
}
