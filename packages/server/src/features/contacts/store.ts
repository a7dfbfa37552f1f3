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
  opted_out_reason: 'api' | 'keyword' | null;
  opted_out_keyword: string | null;
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
  contact: { workspaceId: string; id: string; at: Date; reason: 'api' | 'keyword'; keyword: string | null },
): Promise<ContactRow | null> {
  const rows = await tx.query<ContactRow>(
    `update contact set opted_out_at = $3, opted_out_reason = $4, opted_out_keyword = $5, updated_at = $3
     where workspace_id = $1 and id = $2 and opted_out_at is null returning *`,
    [contact.workspaceId, contact.id, contact.at, contact.reason, contact.keyword],
  );
  return rows[0] ?? null;
}

/** Lifts an opt-out, of this reason alone where one is given. Null when there is no such contact, or no such opt-out. */
export async function clearOptOut(
  tx: Queryable,
  contact: { workspaceId: string; id: string; at: Date; reason: 'keyword' | null },
): Promise<ContactRow | null> {
  const rows = await tx.query<ContactRow>(
    `update contact set opted_out_at = null, opted_out_reason = null, opted_out_keyword = null, updated_at = $3
     where workspace_id = $1 and id = $2 and opted_out_at is not null and ($4::text is null or opted_out_reason = $4)
     returning *`,
    [contact.workspaceId, contact.id, contact.at, contact.reason],
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

/** Gives contacts that have none the name of the phone's address book, and the name they show to others. Makes none. */
export async function nameContacts(
  db: Queryable,
  given: {
    names: readonly { id: string; workspaceId: string; name: string }[];
    called: readonly (Identity & { pushName: string })[];
  },
): Promise<void> {
  const { names, called } = given;
  await db.query(
    `with named as (
       select distinct on (c.id) c.id, n.name, p.push_name from contact c
       left join unnest($1::text[], $2::text[], $3::text[]) as n (id, workspace_id, name)
         on n.id = c.id and n.workspace_id = c.workspace_id
       left join unnest($4::text[], $5::text[], $6::text[], $7::text[]) as p (workspace_id, phone, lid, push_name)
         on p.workspace_id = c.workspace_id and (p.phone = c.phone or p.lid = c.lid)
       where c.workspace_id = any ($2::text[] || $4::text[])
         and (c.id = any ($1::text[]) or c.phone = any ($5::text[]) or c.lid = any ($6::text[])))
     update contact c set name = coalesce(c.name, n.name), push_name = coalesce(n.push_name, c.push_name), updated_at = now()
     from named n where n.id = c.id and (c.name is distinct from coalesce(c.name, n.name)
       or c.push_name is distinct from coalesce(n.push_name, c.push_name))`,
    [
      names.map((n) => n.id),
      names.map((n) => n.workspaceId),
      names.map((n) => n.name),
      called.map((p) => p.workspaceId),
      called.map((p) => p.phone),
      called.map((p) => p.lid),
      called.map((p) => p.pushName),
    ],
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

/** Those of the keys that are contacts of their workspace, in no order. */
export async function listContactIds(
  tx: Queryable,
  keys: readonly { workspaceId: string; id: string }[],
): Promise<string[]> {
  const rows = await tx.query<{ id: string }>(
    `select c.id from contact c join unnest($1::text[], $2::text[]) as k (workspace_id, id)
       on c.workspace_id = k.workspace_id and c.id = k.id`,
    [keys.map((k) => k.workspaceId), keys.map((k) => k.id)],
  );
  return rows.map(({ id }) => id);
}

/** People a status update is shown to at the most. */
export const MAX_AUDIENCE = 1_000;

/** Somebody a status update is shown to. */
export interface Viewer {
  id: string;
  phone: string | null;
  lid: string | null;
}

/**
 * Who may see a status update of a device: these contacts, or without ids those it has a chat with, who was written with
 * last first. Nobody who has opted out.
 */
export async function findAudience(
  tx: Queryable,
  wanted: { workspaceId: string; deviceId: string; ids: readonly string[] | null },
): Promise<Viewer[]> {
  return tx.query<Viewer>(
    `select c.id, c.phone, c.lid from contact c
     left join conversation v on v.workspace_id = c.workspace_id and v.device_id = $2 and v.contact_id = c.id
     where c.workspace_id = $1 and c.opted_out_at is null
       and case when $3::text[] is null then v.id is not null else c.id = any ($3::text[]) end
     order by v.last_message_at desc nulls last, c.id limit ${MAX_AUDIENCE}`,
    [wanted.workspaceId, wanted.deviceId, wanted.ids],
  );
}

/** These contacts, opted out or not. */
export async function findViewers(tx: Queryable, workspaceId: string, ids: readonly string[]): Promise<Viewer[]> {
  return tx.query<Viewer>('select id, phone, lid from contact where workspace_id = $1 and id = any ($2::text[])', [
    workspaceId,
    ids,
  ]);
}
