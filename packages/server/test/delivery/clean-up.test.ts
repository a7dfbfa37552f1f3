import { expect, it } from 'vitest';
import { cleanUp } from '../../src/delivery/clean-up.ts';
import type { Db, SqlValue } from '../../src/platform/db/port.ts';
import { createLogger } from '../../src/platform/log.ts';
import { describeEachDb } from '../kit/db.ts';
import { type OwnedDevice, ownedDevice, queued } from './factories.ts';

const TABLES = ['idempotency', 'media_upload', 'event', 'status_audience', 'device_gap', 'message_change'] as const;
/** More than two statements delete. */
const OLD = 450;

/** The texts of INSERTs of so many rows of each kind, made so long ago. */
function rowsOf({ workspaceId, deviceId }: OwnedDevice, { age, count }: { age: string; count: number }): string[] {
  const own = `'${workspaceId}', '${deviceId}'`;
  const name = `'${workspaceId} ${age} ' || n`;
  const each = `now() - interval '${age}' from generate_series(1, ${count}) n`;
  return [
    `insert into idempotency (workspace_id, operation, key, fingerprint, created_at)
     select '${workspaceId}', 'messages.send', ${name}, ''::bytea, ${each}`,
    `insert into media_upload (workspace_id, device_id, kind, sha256, sealed, uploaded_at)
     select ${own}, 'image', convert_to(${name}, 'UTF8'), ''::bytea, ${each}`,
    `insert into event (workspace_id, device_id, id, type, api_version, data, created_at)
     select ${own}, ${name}, 'presence.changed', '1', '{}'::jsonb, ${each}`,
    `insert into device_gap (workspace_id, device_id, id, from_at, reason, status, ended_at)
     select ${own}, ${name}, now(), 'network', 'lost', ${each}`,
    `insert into message_change (workspace_id, device_id, wa_id, conversation_id, target_wa_id, kind, content, at, created_at)
     select ${own}, ${name}, (select min(id) from conversation where workspace_id = '${workspaceId}'), 'never', 'edit',
       '{}'::jsonb, now(), ${each}`,
  ];
}

/** A workspace with so many rows of each kind that are past their time, and one that is not. */
async function furnished(db: Db): Promise<OwnedDevice> {
  const device = await ownedDevice(db);
  const { workspaceId, deviceId } = device;
  const inserts = [...rowsOf(device, { age: '40 days', count: OLD }), ...rowsOf(device, { age: '1 hour', count: 1 })];
  for (const age of ['40 days', '1 hour']) {
    const { id } = await queued(db, device);
    inserts.push(
      `insert into status_audience (workspace_id, device_id, message_id, contact_ids, created_at)
       values ('${workspaceId}', '${deviceId}', '${id}', '{}', now() - interval '${age}')`,
    );
  }
  for (const insert of inserts) await db.query(insert);
  return device;
}

async function counts(db: Db, { workspaceId }: OwnedDevice): Promise<Record<string, number>> {
  const found: Record<string, number> = {};
  for (const table of TABLES) {
    const only = table === 'event' ? `and type = 'presence.changed'` : '';
    found[table] = (await db.query(`select 1 from ${table} where workspace_id = $1 ${only}`, [workspaceId])).length;
  }
  return found;
}

/** The database, refusing in the background whatever is asked of a table. */
function refusing(db: Db, table: string): Db {
  return {
    ...db,
    patient: (workspaceIds) => {
      const patient = db.patient(workspaceIds);
      const query = async <Row>(sql: string, params?: readonly SqlValue[]): Promise<Row[]> => {
        if (sql.includes(table)) throw new Error('canceling statement due to statement timeout');
        return patient.query<Row>(sql, params);
      };
      return { ...patient, query };
    },
  };
}

describeEachDb('what was kept for long enough', (database) => {
  const log = createLogger('silent');
  const left = Object.fromEntries(TABLES.map((table) => [table, 1]));

  it('is deleted down to the last row, whatever becomes of the rows of one kind, and nothing else is', async () => {
    const { db } = database();
    const device = await furnished(db);
    const all = { ...Object.fromEntries(TABLES.map((table) => [table, OLD + 1])), status_audience: 2 };
    await cleanUp({ db, log }, Date.now(), () => true);
    expect(await counts(db, device)).toEqual(all);
    await cleanUp({ db: refusing(db, 'idempotency'), log }, Date.now(), () => false);
    expect(await counts(db, device)).toEqual({ ...left, idempotency: OLD + 1 });
    await cleanUp({ db, log }, Date.now(), () => false);
    expect(await counts(db, device)).toEqual(left);
  });
});
