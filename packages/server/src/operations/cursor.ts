import { createHash } from 'node:crypto';
import { type Conditions, limitSql } from '../platform/db/conditions.ts';
import { WapingError } from '../platform/errors.ts';
import { isStorable } from '../platform/storable.ts';
import { canonicalJson } from './idempotency/key.ts';

/** What a list operation got from its query, beside its filters. */
export interface PageRequest {
  limit: number;
  order: 'asc' | 'desc';
  cursor?: string | undefined;
}

/** A page as SQL wants it: rows beyond `after` in `order`, one more than asked for at least, to learn whether rows follow. */
export interface PageWindow {
  after: string | null;
  limit: number;
  order: 'asc' | 'desc';
}

export interface Page<T> {
  data: T[];
  hasMore: boolean;
  nextCursor: string | null;
}

function filterPrint(filters: unknown): string {
  return createHash('sha256').update(canonicalJson(filters)).digest('base64url').slice(0, 12);
}

/** Opens a cursor. VALIDATION_ERROR when it is not ours or came with other filters or another order. */
export function openPage(page: PageRequest, filters: Record<string, unknown>): PageWindow {
  const window = { limit: page.limit + 1, order: page.order };
  if (page.cursor === undefined) return { ...window, after: null };
  const text = Buffer.from(page.cursor, 'base64url').toString();
  const at = text.indexOf('.');
  const print = filterPrint({ ...filters, order: page.order });
  if (at !== print.length)
    throw new WapingError('VALIDATION_ERROR', 'cursor: not a cursor of this list', { param: 'cursor' });
  if (text.slice(0, at) !== print) {
    throw new WapingError('VALIDATION_ERROR', 'cursor: was made with other filters', { param: 'cursor' });
  }
  const after = text.slice(at + 1);
  if (!isStorable(after))
    throw new WapingError('VALIDATION_ERROR', 'cursor: not a cursor of this list', { param: 'cursor' });
  return { ...window, after };
}

/** Cuts rows to a page; `key` is what the rows are ordered by. */
export function closePage<T>(
  rows: T[],
  page: PageRequest & { filters: Record<string, unknown> },
  key: (row: T) => string,
): Page<T> {
  const data = rows.slice(0, page.limit);
  const hasMore = rows.length > page.limit;
  const last = data.at(-1);
  if (!hasMore || last === undefined) return { data, hasMore: false, nextCursor: null };
  return { data, hasMore, nextCursor: cursorAfter(page, key(last)) };
}

type FilteredPage = PageRequest & { filters: Record<string, unknown> };

function cursorAfter({ filters, order }: FilteredPage, key: string): string {
  return Buffer.from(`${filterPrint({ ...filters, order })}.${key}`).toString('base64url');
}

/** Cuts found ids to a page; with an edge there is more to look through, whatever was found. */
export function closeFound(
  found: { ids: string[]; edge: string | null },
  page: FilteredPage,
): { ids: string[]; hasMore: boolean; nextCursor: string | null } {
  const { data, hasMore, nextCursor } = closePage(found.ids, page, (id) => id);
  if (hasMore || found.edge === null) return { ids: data, hasMore, nextCursor };
  return { ids: data, hasMore: true, nextCursor: cursorAfter(page, found.edge) };
}

/** The WHERE, ORDER BY and LIMIT of a keyset page on `column`: fixed words, nothing of a caller enters the SQL. */
export function pageSql(conditions: Conditions, column: string, page: PageWindow): string {
  conditions.and(`${column} ${page.order === 'asc' ? '>' : '<'} ?`, page.after);
  return `${conditions.sql} order by ${column} ${page.order} ${limitSql(page.limit)}`;
}
