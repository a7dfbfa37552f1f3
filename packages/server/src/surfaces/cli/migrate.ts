import { withDatabase } from './open.ts';

/** Opening the database brings it to this version; all that is left is to say so. */
export async function migrateCommand(): Promise<void> {
  await withDatabase(async (db) => {
    const rows = await db.query<{ version: string }>('select max(id)::text as version from schema_migration');
    process.stdout.write(`The database (${db.kind}) is at version ${rows[0]?.version ?? '0'}.\n`);
  });
}
