import { createHash } from 'node:crypto';
import pg from 'pg';
import { z } from 'zod';
import { StartupError } from '../errors.ts';
import { DatabaseError } from './db-error.ts';
import type { Migration } from './migrations/migration.ts';
import type { PgliteDb } from './pglite.ts';
import type { PostgresDb } from './postgres.ts';

/** Runs a text of one or more statements, together or not at all, and returns the rows of a single SELECT. */
type Run = (sql: string) => Promise<unknown[]>;

/** Any fixed number of our own: two nodes starting at once must not both change the schema. */
const LOCK = 7_281_904_118;

const TABLE = `create table if not exists schema_migration (
  id integer primary key, name text not null, checksum text not null, applied_at timestamptz not null default now())`;

const appliedSchema = z.array(z.object({ id: z.number(), name: z.string(), checksum: z.string() }));

const checksumOf = (migration: Migration): string => createHash('sha256').update(migration.up).digest('hex');

/** What `migrate` did: the ids it applied now, in order. */
export interface MigrationReport {
  applied: number[];
}

/**
 * Brings the schema to the newest version. Forward only. Throws StartupError when the database is newer than this
 * code, was made by other migrations, or refuses a step (which then changed nothing).
 */
export async function migrate(db: PgliteDb | PostgresDb, steps: readonly Migration[]): Promise<MigrationReport> {
  checkOrder(steps);
  if (db.kind === 'postgres') {
    return db.withConnection(async (run) => {
      // The lock belongs to the connection, which ends with this call.
      await run(`select pg_advisory_lock(${LOCK})`);
      return apply(run, steps);
    });
  }
  return apply(async (sql) => {
    if (/^\s*select\b/i.test(sql)) return db.query(sql);
    await db.script(sql);
    return [];
  }, steps);
}

/** A list with a number twice or out of order is a mistake in the code, not in the database. */
function checkOrder(steps: readonly Migration[]): void {
  steps.forEach((step, at) => {
    if (step.id <= (steps[at - 1]?.id ?? 0)) throw new Error(`Migration ${step.id} ${step.name} is out of order`);
  });
}

async function apply(run: Run, steps: readonly Migration[]): Promise<MigrationReport> {
  await run(TABLE);
  const done = appliedSchema.parse(await run('select id, name, checksum from schema_migration order by id'));
  checkHistory(done, steps);
  const pending = steps.slice(done.length);
  for (const step of pending) await applyOne(run, step);
  return { applied: pending.map((step) => step.id) };
}

function checkHistory(done: z.infer<typeof appliedSchema>, steps: readonly Migration[]): void {
  const newest = done.at(-1);
  if (newest !== undefined && newest.id > (steps.at(-1)?.id ?? 0)) {
    throw new StartupError(
      `The database is newer than this version of WAPing: it has step ${newest.id} (${newest.name})`,
      'Start the newer version again, or restore the backup made before the upgrade.',
    );
  }
  done.forEach((row, at) => {
    const step = steps[at];
    if (step?.id === row.id && checksumOf(step) === row.checksum) return;
    throw new StartupError(
      `The database was made by another build of WAPing: step ${row.id} (${row.name}) differs from this one's`,
      'Start the version that made it, restore a backup, or start with an empty database.',
    );
  });
}

async function applyOne(run: Run, step: Migration): Promise<void> {
  const record = `insert into schema_migration (id, name, checksum) values (${step.id}, ${pg.escapeLiteral(step.name)}, '${checksumOf(step)}')`;
  try {
    // One text without BEGIN is one transaction: the step and its record stand or fall together.
    await run(`${step.up.trimEnd().replace(/;$/, '')};\n${record}`);
  } catch (error) {
    if (!(error instanceof DatabaseError)) throw error;
    throw new StartupError(
      `Step ${step.id} (${step.name}) of the schema failed: ${error.message}`,
      'Nothing of it was applied. Start the previous version and report this message.',
      error,
    );
  }
}
