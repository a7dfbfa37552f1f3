// Writes rows as fast as it can and says each id once its commit was acknowledged. Ended by SIGKILL only.
import { writeSync } from 'node:fs';
import { openPglite } from '../../dist/platform/db/pglite.js';
import { createLogger } from '../../dist/platform/log.js';

const [dataDir, first] = process.argv.slice(2);
const db = await openPglite({ dataDir, log: createLogger('silent') });
let next = Number(first);

const insert = (id) => ({
  sql: 'insert into kept (id, note) values ($1, $2)',
  params: [id, `row ${id}`.repeat(20)],
});

async function lane(write) {
  for (;;) {
    next += 1;
    const id = next;
    await write(id);
    writeSync(1, `${id}\n`);
  }
}

const single = (id) => db.query(insert(id).sql, insert(id).params);
const batch = (id) =>
  db.batch([insert(id), { sql: 'update kept set note = note || $2 where id = $1', params: [id, '!'] }]);
const transaction = (id) =>
  db.tx(async (tx) => {
    await tx.query(insert(id).sql, insert(id).params);
    await tx.query('update kept set note = $2 where id = $1', [id, 'tx']);
  });

await Promise.all([single, single, batch, batch, transaction].map(lane));
