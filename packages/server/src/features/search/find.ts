import type { PageWindow } from '../../operations/cursor.ts';
import type { Queryable } from '../../platform/db/port.ts';
import { firstIdAt } from '../../platform/ids.ts';
import { parseQuery, type Query, tokensIn } from './query.ts';
import { type Stems, stemsOf } from './stems.ts';
import { findHits, type SearchedKind } from './store.ts';
import { contactTemplate, type MessageTags, messageTemplate } from './template.ts';

/** Sorts after every id. */
const LAST = 'zzzz';
/** Ids tell the time of the node that made them, rows that of the database. */
const CLOCKS_APART_MS = 60_000;

export interface Hits {
  /** In the order of the page, at most one more than it holds. */
  ids: string[];
  /** Set when the time for one request ran out: the search goes on beyond this id. */
  edge: string | null;
}

/** What was found, and what it was found by. */
export interface Found extends Hits {
  query: Query;
  stems: Stems;
}

interface Range {
  since: Date | null;
  until: Date | null;
}

interface Ask {
  workspaceId: string;
  kind: SearchedKind;
  template: string | null;
  page: PageWindow;
  range: Range;
}

const lower = (left: string, right: string) => (left < right ? left : right);

async function hits(tx: Queryable, { workspaceId, kind, template, page, range }: Ask): Promise<Hits> {
  if (template === null) return { ids: [], edge: null };
  const at = (time: Date, ms: number) => firstIdAt('msg', new Date(time.getTime() + ms));
  const newest = page.order === 'desc';
  const after = page.after ?? (newest ? LAST : '');
  const floor = range.since ? at(range.since, -CLOCKS_APART_MS) : '';
  const ceiling = range.until ? at(range.until, CLOCKS_APART_MS) : LAST;
  const rows = await findHits(tx, {
    workspaceId,
    kind,
    template,
    above: newest || after < floor ? floor : after,
    below: newest ? lower(after, ceiling) : ceiling,
    newest,
    limit: page.limit,
    ...range,
  });
  const edge = rows.find((row) => row.edge);
  return { ids: rows.filter((row) => !row.edge).map(({ id }) => id), edge: edge?.id ?? null };
}

/** Messages of a workspace that hold what `text` asks for. VALIDATION_ERROR where it asks for too much. */
export async function findMessages(
  tx: Queryable,
  search: { workspaceId: string; text: string; tags: MessageTags; range: Range; page: PageWindow },
): Promise<Found> {
  const query = parseQuery(search.text);
  const stems = await stemsOf(tx, tokensIn(query));
  const { workspaceId, page, range } = search;
  const template = messageTemplate(query, stems, search.tags);
  return { query, stems, ...(await hits(tx, { workspaceId, kind: 'message', template, page, range })) };
}

/** Contacts of a workspace whose names begin with, or whose number holds, what `text` asks for. */
export async function findContacts(
  tx: Queryable,
  search: { workspaceId: string; text: string; page: PageWindow },
): Promise<Hits> {
  // A number is written in groups; whoever looks for one types it as it comes.
  const text = /^[+\d\s().-]+$/.test(search.text) ? search.text.replace(/\D/g, '') : search.text;
  const { workspaceId, page } = search;
  const template = contactTemplate(parseQuery(text));
  return hits(tx, { workspaceId, kind: 'contact', template, page, range: { since: null, until: null } });
}
