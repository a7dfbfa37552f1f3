import type { Queryable } from '../../platform/db/port.ts';
import { newId } from '../../platform/ids.ts';
import { mergeContacts } from './merge.ts';
import { completeIdentities, findByIdentities, type Identity, insertContacts } from './store.ts';

type Found = Awaited<ReturnType<typeof findByIdentities>>;

// A number is the stronger sign: LIDs are learnt later and may arrive alone.
function match(found: Found, identity: Identity) {
  const own = found.filter((row) => row.workspace_id === identity.workspaceId);
  return (
    own.find((row) => identity.phone !== null && row.phone === identity.phone) ??
    own.find((row) => identity.lid !== null && row.lid === identity.lid)
  );
}

/** A contact, by the number that is known of it now. */
export interface Ensured {
  id: string;
  phone: string | null;
}

/**
 * The contacts behind a batch of identities, made where missing, in the order given. A number or LID learnt beside a
 * known one is kept with it, so a person stays one contact under either address; two contacts that turn out to be one
 * person become one.
 */
export async function ensureContacts(tx: Queryable, identities: readonly Identity[]): Promise<Ensured[]> {
  if (identities.length === 0) return [];
  let found = await findByIdentities(tx, identities);
  if ((await mergeContacts(tx, found, identities)) > 0) found = await findByIdentities(tx, identities);
  const missing = new Map<string, Identity & { id: string }>();
  for (const identity of identities) {
    if (!match(found, identity)) {
      missing.set(`${identity.workspaceId}/${identity.phone ?? identity.lid}`, { ...identity, id: newId('con') });
    }
  }
  if (missing.size > 0) {
    await insertContacts(tx, [...missing.values()]);
    found = await findByIdentities(tx, identities);
  }
  const incomplete: (Identity & { id: string })[] = [];
  const phones = new Map<string, string>();
  const ids = identities.map((identity) => {
    const row = match(found, identity);
    if (!row) throw new Error('a contact inserted in this transaction is not visible to it');
    const phone = row.phone ?? identity.phone;
    if (phone) phones.set(row.id, phone);
    if ((identity.phone && !row.phone) || (identity.lid && !row.lid)) incomplete.push({ ...identity, id: row.id });
    return row.id;
  });
  if (incomplete.length > 0) await completeIdentities(tx, incomplete);
  return ids.map((id) => ({ id, phone: phones.get(id) ?? null }));
}
