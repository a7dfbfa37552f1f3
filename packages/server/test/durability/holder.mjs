// Opens the data directory, says who it is, and holds it until it is killed.
import { writeSync } from 'node:fs';
import { openPglite } from '../../dist/platform/db/pglite.js';
import { createLogger } from '../../dist/platform/log.js';

try {
  await openPglite({ dataDir: process.argv[2], log: createLogger('silent') });
  writeSync(1, 'open\n');
  setInterval(() => undefined, 60_000);
} catch (error) {
  writeSync(1, `${error.name}: ${error.message} ${error.cure}\n`);
}
