import type { Queryable, Statement } from '../../platform/db/port.ts';

/** What is searched. */
export type SearchedKind = 'message' | 'contact';

/** Stems of words by the dictionaries of PostgreSQL, and which are never asked of a language they cannot be in. */
export async function readStems(
  db: Queryable,
  { words, latin }: { words: readonly string[]; latin: readonly boolean[] },
): Promise<{ word: string; stems: string[] }[]> {
  return db.query(
    `select r.word, coalesce(case when r.latin then
         coalesce(ts_lexize('english_stem', r.word), '{}') || coalesce(ts_lexize('german_stem', r.word), '{}')
         || coalesce(ts_lexize('spanish_stem', r.word), '{}') || coalesce(ts_lexize('portuguese_stem', r.word), '{}')
         || coalesce(ts_lexize('french_stem', r.word), '{}')
       else ts_lexize('russian_stem', r.word) end, '{}') as stems
     from unnest($1::text[], $2::boolean[]) as r (word, latin)`,
    [words, latin],
  );
}

export interface HitsQuery {
  workspaceId: string;
  kind: SearchedKind;
  template: string;
  /** Ids between these two, both exclusive. */
  above: string;
  below: string;
  newest: boolean;
  limit: number;
  since: Date | null;
  until: Date | null;
}

/** Ids that match, in order; the last may be an edge to go on from, where time ran out. */
export async function findHits(tx: Queryable, q: HitsQuery): Promise<{ id: string; edge: boolean }[]> {
  return tx.query(
    'select subject_id as id, edge from search_hits($1, $2, $3, $4, $5, $6::boolean, $7::integer, $8::timestamptz, $9::timestamptz)',
    [q.workspaceId, q.kind, q.template, q.above, q.below, q.newest, q.limit, q.since, q.until],
  );
}

export interface SearchCursor {
  version: string;
  tx: string;
  id: string;
  backfill_workspace: string | null;
  backfill_id: string | null;
  /** A database restored elsewhere counts transactions anew: then the cursor is beyond them. */
  beyond: boolean;
}

export async function readCursor(db: Queryable, kind: SearchedKind): Promise<SearchCursor | null> {
  const rows = await db.query<SearchCursor>(
    `select version::text, tx::text, id, backfill_workspace, backfill_id,
       tx >= pg_snapshot_xmax(pg_current_snapshot()) as beyond from search_cursor where kind = $1`,
    [kind],
  );
  return rows[0] ?? null;
}

/** A row to index. Which columns say what is searched depends on the kind. */
export interface PendingMessage {
  id: string;
  workspace_id: string;
  tx: string | null;
  device_id: string;
  conversation_id: string;
  sender_id: string | null;
  direction: 'inbound' | 'outbound';
  type: string;
  content: unknown;
}

export interface PendingContact {
  id: string;
  workspace_id: string;
  tx: string | null;
  phone: string | null;
  lid: string | null;
  name: string | null;
  push_name: string | null;
}

export interface PendingPage {
  /** Beyond these: a transaction and, inside it, an id. */
  tx: string;
  id: string;
  limit: number;
}

// Only what no transaction in progress can still add to: none that commits later is passed over. The order names the
// columns by their table: the text called `tx` in the answer sorts otherwise.
const SETTLED = `s.tx >= $1::text::xid8 and (s.tx > $1::text::xid8 or s.id > $2)
  and s.tx < pg_snapshot_xmin(pg_current_snapshot()) order by s.tx, s.id limit $3`;
const MESSAGE =
  's.id, s.workspace_id, s.tx::text as tx, s.device_id, s.conversation_id, s.sender_id, s.direction, s.type, s.content';
const CONTACT = 's.id, s.workspace_id, s.tx::text as tx, s.phone, s.lid, s.name, s.push_name';

/** Messages written since a place in the order of transactions. Runs across workspaces. */
export async function pendingMessages(db: Queryable, page: PendingPage): Promise<PendingMessage[]> {
  return db.query(`select ${MESSAGE} from message s where ${SETTLED}`, [page.tx, page.id, page.limit]);
}

/** Contacts written since a place in the order of transactions. Runs across workspaces. */
export async function pendingContacts(db: Queryable, page: PendingPage): Promise<PendingContact[]> {
  return db.query(`select ${CONTACT} from contact s where ${SETTLED}`, [page.tx, page.id, page.limit]);
}

export interface BackfillPage {
  workspaceId: string;
  id: string;
  limit: number;
}

const OLDER = '(s.workspace_id, s.id) > ($1, $2) and s.tx is null order by s.workspace_id, s.id limit $3';

/** Messages from before the index was there. Runs across workspaces. */
export async function olderMessages(db: Queryable, page: BackfillPage): Promise<PendingMessage[]> {
  return db.query(`select ${MESSAGE} from message s where ${OLDER}`, [page.workspaceId, page.id, page.limit]);
}

/** Contacts from before the index was there. Runs across workspaces. */
export async function olderContacts(db: Queryable, page: BackfillPage): Promise<PendingContact[]> {
  return db.query(`select ${CONTACT} from contact s where ${OLDER}`, [page.workspaceId, page.id, page.limit]);
}

export interface SegmentRow {
  workspace_id: string;
  no: number;
  first_id: string;
  last_id: string;
  entries: number;
}

/** The segments of these workspaces, oldest first. */
export async function listSegments(
  db: Queryable,
  kind: SearchedKind,
  workspaceIds: readonly string[],
): Promise<SegmentRow[]> {
  return db.query(
    `select workspace_id, no, first_id, last_id, entries from search_segment
     where workspace_id = any ($1::text[]) and kind = $2 order by workspace_id, no`,
    [workspaceIds, kind],
  );
}

/** Moves the cursor from what was read; fails (see `isOtherIndexer`) when another node has moved it. */
export function moveCursor(
  kind: SearchedKind,
  was: SearchCursor,
  to: Omit<SearchCursor, 'version' | 'beyond'>,
): Statement {
  return {
    sql: 'select move_search_cursor($1, $2::text::bigint, $3::text::xid8, $4, $5, $6)',
    params: [kind, was.version, to.tx, to.id, to.backfill_workspace, to.backfill_id],
  };
}

export interface SearchEntry {
  workspaceId: string;
  id: string;
  tx: string | null;
  words: string;
}

/**
 * Writes entries of rows that still are as they were read. The lock makes a deletion wait, so that its trigger finds
 * the entry: nothing of an erased row stays.
 */
export function writeEntries(kind: SearchedKind, entries: readonly SearchEntry[]): Statement {
  return {
    sql: `with live as materialized (
        select r.workspace_id, r.id, s.tx, r.words from unnest($1::text[], $2::text[], $3::text[], $4::text[])
          as r (workspace_id, id, tx, words)
        join ${kind} s on s.workspace_id = r.workspace_id and s.id = r.id and s.tx is not distinct from r.tx::xid8
        for key share of s)
      insert into search_entry (workspace_id, subject_id, kind, tx, words)
      select workspace_id, id, '${kind}', tx, words::tsvector from live
      on conflict (workspace_id, subject_id) do update set tx = excluded.tx, words = excluded.words`,
    params: [
      entries.map((e) => e.workspaceId),
      entries.map((e) => e.id),
      entries.map((e) => e.tx),
      entries.map((e) => e.words),
    ],
  };
}

/** Writes what segments hold now; those of a workspace that is gone are left out. */
export function writeSegments(kind: SearchedKind, segments: readonly SegmentRow[]): Statement {
  return {
    sql: `insert into search_segment (workspace_id, kind, no, first_id, last_id, entries)
      select r.workspace_id, '${kind}', r.no, r.first_id, r.last_id, r.entries
      from unnest($1::text[], $2::integer[], $3::text[], $4::text[], $5::integer[])
        as r (workspace_id, no, first_id, last_id, entries)
      join workspace w on w.id = r.workspace_id
      on conflict (workspace_id, kind, no) do update set last_id = excluded.last_id, entries = excluded.entries`,
    params: [
      segments.map((s) => s.workspace_id),
      segments.map((s) => s.no),
      segments.map((s) => s.first_id),
      segments.map((s) => s.last_id),
      segments.map((s) => s.entries),
    ],
  };
}
