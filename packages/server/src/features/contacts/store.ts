import { type PageWindow, pageSql } from '../../operations/cursor.ts';
import { Conditions } from '../../platform/db/conditions.ts';
import type { Queryable } from '../../platform/db/port.ts';

export interface ContactRow {
  id: string;
  phone: string | null;
  lid: string | null;
  name: string | null;
  push_name: string | null;
  opted_out_at: Date | null;
  created_at: Date;
  updated_at: Date;
}

/** One identity of a person as a message showed it. */
export interface Identity {
  workspaceId: string;
  phone: string | null;
  lid: string | null;
}

/** The contact with this phone number, made if there is none. Two racing callers get the same one. */
export async function ensureContactByPhone(
  tx: Queryable,
  input: { id: string; workspaceId: string; phone: string },
): Promise<string> {
  const rows = await tx.query<{ id: string }>(
    `with found as (select id from contact where workspace_id = $2 and phone = $3),
     made as (
       insert into contact (id, workspace_id, phone) select $1, $2, $3 where not exists (select 1 from found)
       on conflict (workspace_id, phone) where phone is not null do update set phone = excluded.phone returning id)
     select id from found union all select id from made`,
    [input.id, input.workspaceId, input.phone],
  );
  return rows[0]?.id ?? input.id;
}

/** Makes a contact. Fails on the unique index when the number has one by now. */
export async function insertContact(
  tx: Queryable,
  contact: { id: string; workspaceId: string; phone: string },
): Promise<void> {
  await tx.query('insert into contact (id, workspace_id, phone) values ($1, $2, $3)', [
    contact.id,
    contact.workspaceId,
    contact.phone,
  ]);
}

export async function findContact(tx: Queryable, workspaceId: string, id: string): Promise<ContactRow | null> {
  const rows = await tx.query<ContactRow>('select * from contact where workspace_id = $1 and id = $2', [
    workspaceId,
    id,
  ]);
  return rows[0] ?? null;
}

/** Marks a contact opted out. Null when there is no such contact, or it already is. */
export async function setOptOut(
  tx: Queryable,
  contact: { workspaceId: string; id: string; at: Date },
): Promise<ContactRow | null> {
  const rows = await tx.query<ContactRow>(
    `update contact set opted_out_at = $3, updated_at = $3
     where workspace_id = $1 and id = $2 and opted_out_at is null returning *`,
    [contact.workspaceId, contact.id, contact.at],
  );
  return rows[0] ?? null;
}

/** Lifts an opt-out. Null when there is no such contact, or it is not opted out. */
export async function clearOptOut(
  tx: Queryable,
  contact: { workspaceId: string; id: string; at: Date },
): Promise<ContactRow | null> {
  const rows = await tx.query<ContactRow>(
    `update contact set opted_out_at = null, updated_at = $3
     where workspace_id = $1 and id = $2 and opted_out_at is not null returning *`,
    [contact.workspaceId, contact.id, contact.at],
  );
  return rows[0] ?? null;
}

/** Contacts that carry any of these numbers or LIDs, over the workspaces named pairwise. */
export async function findByIdentities(
  tx: Queryable,
  identities: readonly Identity[],
): Promise<{ id: string; workspace_id: string; phone: string | null; lid: string | null }[]> {
  return tx.query(
    `select c.id, c.workspace_id, c.phone, c.lid from contact c
     join (select distinct * from unnest($1::text[], $2::text[], $3::text[]) as i (workspace_id, phone, lid)) i
       on c.workspace_id = i.workspace_id and (c.phone = i.phone or c.lid = i.lid)`,
    [identities.map((i) => i.workspaceId), identities.map((i) => i.phone), identities.map((i) => i.lid)],
  );
}

/** Inserts contacts; one whose number or LID is taken meanwhile is left out. */
export async function insertContacts(tx: Queryable, rows: readonly (Identity & { id: string })[]): Promise<void> {
  await tx.query(
    `insert into contact (id, workspace_id, phone, lid)
     select * from unnest($1::text[], $2::text[], $3::text[], $4::text[]) on conflict do nothing`,
    [rows.map((r) => r.id), rows.map((r) => r.workspaceId), rows.map((r) => r.phone), rows.map((r) => r.lid)],
  );
}

/** Fills in a number or LID learnt later, where the column is empty and no other contact carries the value. */
export async function completeIdentities(tx: Queryable, rows: readonly (Identity & { id: string })[]): Promise<void> {
  await tx.query(
    `update contact c set phone = coalesce(c.phone, i.phone), lid = coalesce(c.lid, i.lid), updated_at = now()
     from unnest($1::text[], $2::text[], $3::text[], $4::text[]) as i (id, workspace_id, phone, lid)
     where c.id = i.id and c.workspace_id = i.workspace_id
       and not exists (select 1 from contact o where o.workspace_id = c.workspace_id and o.id <> c.id
         and (o.phone = i.phone or o.lid = i.lid))`,
    [rows.map((r) => r.id), rows.map((r) => r.workspaceId), rows.map((r) => r.phone), rows.map((r) => r.lid)],
  );
}

/** Moves contacts to a number's canonical form and completes their LID, where no other contact has either. */
export async function setCanonicalPhones(
  tx: Queryable,
  workspaceId: string,
  numbers: readonly { phone: string; canonical: string | null; lid: string | null }[],
): Promise<ContactRow[]> {
  return tx.query<ContactRow>(
    `update contact c set phone = f.canonical, lid = coalesce(c.lid, f.lid), updated_at = now()
     from unnest($2::text[], $3::text[], $4::text[]) as f (phone, canonical, lid)
     where c.workspace_id = $1 and c.phone = f.phone and (c.phone <> f.canonical or (c.lid is null and f.lid is not null))
       and not exists (select 1 from contact o where o.workspace_id = $1 and o.id <> c.id
         and (o.phone = f.canonical or o.lid = f.lid))
     returning c.*`,
    [workspaceId, numbers.map((n) => n.phone), numbers.map((n) => n.canonical), numbers.map((n) => n.lid)],
  );
}

export async function setPushNames(
  tx: Queryable,
  rows: readonly { id: string; workspaceId: string; pushName: string }[],
): Promise<void> {
  await tx.query(
    `update contact c set push_name = n.push_name, updated_at = now()
     from unnest($1::text[], $2::text[], $3::text[]) as n (id, workspace_id, push_name)
     where c.id = n.id and c.workspace_id = n.workspace_id and c.push_name is distinct from n.push_name`,
    [rows.map((r) => r.id), rows.map((r) => r.workspaceId), rows.map((r) => r.pushName)],
  );
}

/** Those of the ids that are contacts of this workspace, in no order. */
export async function listContactsById(
  tx: Queryable,
  workspaceId: string,
  ids: readonly string[],
): Promise<ContactRow[]> {
  return tx.query<ContactRow>('select * from contact where workspace_id = $1 and id = any ($2::text[])', [
    workspaceId,
    ids,
  ]);
}

export async function listContactRows(
  tx: Queryable,
  filter: { workspaceId: string; phone: string | null; page: PageWindow },
): Promise<ContactRow[]> {
  const where = new Conditions().and('workspace_id = ?', filter.workspaceId).and('phone = ?', filter.phone);
  return tx.query<ContactRow>(`select * from contact ${pageSql(where, 'id', filter.page)}`, where.params);
}
