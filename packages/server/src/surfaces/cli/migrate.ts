import { schemaVersion } from '../../platform/db/info.ts';
import { withDatabase } from './open.ts';

/** Opening the database brings it to this version; all that is left is to say so. */
export async function migrateCommand(): Promise<void> {
  await withDatabase(async (db) => {
    process.stdout.write(`The database (${db.kind}) is at version ${await schemaVersion(db)}.\n`);
  });
}
