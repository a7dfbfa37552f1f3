import { DatabaseError } from '../../platform/db/db-error.ts';
import type { Db } from '../../platform/db/port.ts';
import { vectorOf } from './lexemes.ts';
import { Segments } from './segments.ts';
import type { Readable, Source } from './sources.ts';
import { stemsOf } from './stems.ts';
import { listSegments, moveCursor, readCursor, type SearchCursor, writeEntries, writeSegments } from './store.ts';

/** Rows of one batch: some 20 ms of work. */
export const BATCH_ROWS = 200;

/** True when another node moved the cursor first: nothing of the batch was written. */
export function isOtherIndexer(error: unknown): boolean {
  return error instanceof DatabaseError && error.sqlstate === 'WA014';
}

type Place = Omit<SearchCursor, 'version' | 'beyond'>;

interface Read {
  rows: Readable[];
  /** Where the cursor is once these are indexed. */
  to: Place;
}

async function readOlder(db: Db, source: Source, cursor: SearchCursor): Promise<Read> {
  const page = { workspaceId: cursor.backfill_workspace ?? '', id: cursor.backfill_id ?? '', limit: BATCH_ROWS };
  const rows = await source.older(db, page);
  const last = rows.length < BATCH_ROWS ? undefined : rows.at(-1);
  const to = { ...cursor, backfill_workspace: last?.workspaceId ?? null, backfill_id: last?.id ?? null };
  return { rows, to };
}

async function readNew(db: Db, source: Source, cursor: SearchCursor): Promise<Read> {
  // What was indexed before is found again and written once more as it is.
  const from = cursor.beyond ? { tx: '0', id: '' } : { tx: cursor.tx, id: cursor.id };
  const rows = await source.pending(db, { ...from, limit: BATCH_ROWS });
  const last = rows.at(-1);
  return { rows, to: { ...cursor, tx: last?.tx ?? from.tx, id: last?.id ?? from.id } };
}

async function write(db: Db, source: Source, { cursor, rows, to }: Read & { cursor: SearchCursor }): Promise<void> {
  const workspaceIds = [...new Set(rows.map(({ workspaceId }) => workspaceId))];
  const segments = new Segments(await listSegments(db, source.kind, workspaceIds));
  const stems = await stemsOf(
    db,
    rows.flatMap((row) => (row.stemmed ? row.tokens : [])),
  );
  const entries = rows.map(({ workspaceId, id, tx, tokens, tags, stemmed }) => {
    const place = { workspaceId, kind: source.kind, segment: segments.place(workspaceId, id) };
    return { workspaceId, id, tx, words: vectorOf(place, { tokens, tags, stems: stemmed ? stems : new Map() }) };
  });
  await db.batch([
    moveCursor(source.kind, cursor, to),
    writeSegments(source.kind, segments.changed),
    writeEntries(source.kind, entries),
  ]);
}

/**
 * Indexes the next rows of a source. They and the cursor's move commit together, so a crash repeats or leaves out
 * nothing. Returns how many rows; fewer than BATCH_ROWS: none are left. Throws when another node indexes
 * (`isOtherIndexer`).
 */
export async function indexBatch(db: Db, source: Source): Promise<number> {
  const cursor = await readCursor(db, source.kind);
  if (!cursor) throw new Error(`the search has no cursor for ${source.kind}`);
  const backfills = cursor.backfill_workspace !== null;
  const read = backfills ? await readOlder(db, source, cursor) : await readNew(db, source, cursor);
  if (read.rows.length > 0 || backfills) await write(db, source, { ...read, cursor });
  // The end of the backfill is not the end of the work.
  return backfills ? BATCH_ROWS : read.rows.length;
}
