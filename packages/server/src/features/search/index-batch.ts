import { DatabaseError } from '../../platform/db/db-error.ts';
import type { Db, Patient } from '../../platform/db/port.ts';
import { vectorOf } from './lexemes.ts';
import { Segments } from './segments.ts';
import type { Readable, Source } from './sources.ts';
import { stemsOf } from './stems.ts';
import { listSegments, moveCursor, readCursor, type SearchCursor, writeEntries, writeSegments } from './store.ts';

/** Rows of one batch: some 20 ms of work. */
const BATCH_ROWS = 200;
/** Rows that cost as much as one of a send's way; while anybody calls a batch is no more than a small piece. */
const LIGHT = 3;

/** True when another node moved the cursor first: nothing of the batch was written. */
export function isOtherIndexer(error: unknown): boolean {
  return error instanceof DatabaseError && error.sqlstate === 'WA014';
}

type Place = Omit<SearchCursor, 'version' | 'beyond'>;

/** Where a batch begins, and how many rows it may take. */
interface Look {
  cursor: SearchCursor;
  limit: number;
}

interface Read {
  rows: Readable[];
  /** Where the cursor is once these are indexed. */
  to: Place;
}

async function readOlder(db: Patient, source: Source, { cursor, limit }: Look): Promise<Read> {
  const page = { workspaceId: cursor.backfill_workspace ?? '', id: cursor.backfill_id ?? '', limit };
  const rows = await source.older(db, page);
  const last = rows.length < limit ? undefined : rows.at(-1);
  const to = { ...cursor, backfill_workspace: last?.workspaceId ?? null, backfill_id: last?.id ?? null };
  return { rows, to };
}

async function readNew(db: Patient, source: Source, { cursor, limit }: Look): Promise<Read> {
  // What was indexed before is found again and written once more as it is.
  const from = cursor.beyond ? { tx: '0', id: '' } : { tx: cursor.tx, id: cursor.id };
  const rows = await source.pending(db, { ...from, limit });
  const last = rows.at(-1);
  return { rows, to: { ...cursor, tx: last?.tx ?? from.tx, id: last?.id ?? from.id } };
}

async function write(
  db: Patient,
  source: Source,
  { cursor, rows, to }: Read & { cursor: SearchCursor },
): Promise<void> {
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
 * nothing. Returns how many rows, and whether more are left. Throws when another node indexes (`isOtherIndexer`).
 */
export async function indexBatch(whole: Db, source: Source): Promise<{ rows: number; more: boolean }> {
  const db = whole.patient([]);
  const limit = Math.min(BATCH_ROWS, LIGHT * db.rows(BATCH_ROWS));
  const cursor = await readCursor(db, source.kind);
  if (!cursor) throw new Error(`the search has no cursor for ${source.kind}`);
  const backfills = cursor.backfill_workspace !== null;
  const look = { cursor, limit };
  const read = backfills ? await readOlder(db, source, look) : await readNew(db, source, look);
  if (read.rows.length > 0 || backfills) await write(db, source, { ...read, cursor });
  // The end of the backfill is not the end of the work.
  return { rows: read.rows.length, more: backfills || read.rows.length >= limit };
}
