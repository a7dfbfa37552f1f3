import type { Queryable } from './port.ts';

/** Columns of one table that can hold text or bytes. */
export interface ScannedTable {
  table: string;
  columns: { name: string; bytes: boolean }[];
  /** Pages of the table on disk. */
  blocks: number;
}

/** Longest part of a value that is looked at, in characters or bytes. */
const MAX_VALUE = 262_144;

/** Every table of the schema that can hold a text or bytes, whoever made it. */
export async function scannedTables(db: Queryable): Promise<ScannedTable[]> {
  return db.query<ScannedTable>(
    `select c.relname as table, (pg_relation_size(c.oid) / current_setting('block_size')::int)::int as blocks,
       json_agg(json_build_object('name', a.attname, 'bytes', t.typname = 'bytea') order by a.attnum)::jsonb as columns
     from pg_class c join pg_namespace n on n.oid = c.relnamespace join pg_attribute a on a.attrelid = c.oid
       join pg_type t on t.oid = a.atttypid
     where n.nspname = current_schema() and c.relkind = 'r' and a.attnum > 0 and not a.attisdropped
       and t.typname in ('text', 'varchar', 'bpchar', 'json', 'jsonb', '_text', '_varchar', 'bytea', '_bytea')
     group by c.oid, c.relname order by c.relname`,
  );
}

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/**
 * The values in some pages of a table: text as text, bytes as bytes, in the order of its columns, then those of `extra`
 * (SQL expressions over the table). Pages are read by their place on disk: memory stays bounded, and each is read once.
 */
export async function readPages(
  db: Queryable,
  { table, columns }: ScannedTable,
  pages: { from: number; to: number; extra: readonly string[] },
): Promise<(string | Uint8Array | null)[][]> {
  const values = columns.map(({ name, bytes }, i) =>
    bytes
      ? `substring(${quoted(name)} from 1 for ${MAX_VALUE}) as c${i}`
      : `left(${quoted(name)}::text, ${MAX_VALUE}) as c${i}`,
  );
  const extra = pages.extra.map((sql, i) => `(${sql})::text as c${columns.length + i}`);
  const rows = await db.query<Record<string, string | Uint8Array | null>>(
    `select ${[...values, ...extra].join(', ')} from ${quoted(table)}
     where ctid >= $1::text::tid and ctid < $2::text::tid`,
    [`(${pages.from},0)`, `(${pages.to},0)`],
  );
  return rows.map((row) => Array.from({ length: columns.length + extra.length }, (_none, i) => row[`c${i}`] ?? null));
}
