import { expect, it } from 'vitest';
import { type ClaimRequest, claimNext } from '../../src/delivery/store.ts';
import type { Db } from '../../src/platform/db/port.ts';
import { describeEachDb } from '../kit/db.ts';
import { lookedAt, plansOf } from '../kit/plans.ts';
import { type OwnedDevice, ownedDevice, queued } from './factories.ts';

const CLAIM_TABLES = ['outbox', 'message', 'conversation'];

const numberOf = (n: number) => `+1555${String(2_000_000 + n)}`;

const claim = async (db: Db, device: OwnedDevice, request: Partial<ClaimRequest> = {}) =>
  (await claimNext(db, [{ ...device, room: 100, ...request }], [])).map((row) => row.id);

/** Puts so many more bulk messages in line, each to a chat of its own, as copies of one. */
async function multiply(db: Db, device: OwnedDevice, count: number): Promise<void> {
  await queued(db, device, numberOf(0), { priority: 'bulk' });
  await db.query(
    `with v as (
       insert into conversation (id, workspace_id, device_id, kind, group_id)
       select 'cnv_' || md5($2 || n), $1, $2, 'group', 'g' || n from generate_series(1, $3::int) n returning id),
     s as (select * from message where workspace_id = $1 and device_id = $2 limit 1),
     m as (
       insert into message (id, workspace_id, device_id, conversation_id, direction, wa_id, origin, type, content, status,
         status_rank, priority, valid_until)
       select 'msg_' || md5(v.id), $1, $2, v.id, 'outbound', md5(v.id), 'api', s.type, s.content, 'queued', 1, 'bulk',
         s.valid_until from s, v)
     insert into outbox (message_id, workspace_id, device_id, conversation_id, lane, valid_until)
     select 'msg_' || md5(v.id), $1, $2, v.id, 3, s.valid_until from s, v`,
    [device.workspaceId, device.deviceId, count],
  );
  for (const table of CLAIM_TABLES) await db.query(`analyze ${table}`);
}

/** Rows a claim looked at in the tables it reads, and how it came to those of the outbox. */
async function looked(db: Db, device: OwnedDevice): Promise<{ rows: number; by: string[] }> {
  const nodes = await db.tx((tx) => plansOf(tx, (explaining) => claimNext(explaining, [{ ...device, room: 5 }], [])));
  const rows = CLAIM_TABLES.reduce((sum, table) => sum + lookedAt(nodes, table).rows, 0);
  return { rows, by: lookedAt(nodes, 'outbox').by };
}

describeEachDb('a device’s lanes', (database) => {
  it('go otp, reply, normal, bulk, whatever was accepted first', async () => {
    const { db } = database();
    const device = await ownedDevice(db);
    const ids = new Map<string, string>();
    for (const [n, priority] of (['bulk', 'normal', 'reply', 'otp'] as const).entries()) {
      ids.set(priority, (await queued(db, device, numberOf(n), { priority })).id);
    }
    expect(await claim(db, device)).toEqual(['otp', 'reply', 'normal', 'bulk'].map((one) => ids.get(one)));
  });

  it('keep the order of a chat within a lane, and let its one-time code go first', async () => {
    const { db } = database();
    const device = await ownedDevice(db);
    const first = (await queued(db, device, numberOf(0), { priority: 'bulk' })).id;
    const second = (await queued(db, device, numberOf(0), { priority: 'bulk' })).id;
    const code = (await queued(db, device, numberOf(0), { priority: 'otp' })).id;
    expect(await claim(db, device)).toEqual([code, first, second]);
  });

  it('leave room for urgent messages where the window is full, and little of it to bulk', async () => {
    const { db } = database();
    const device = await ownedDevice(db);
    for (let n = 0; n < 6; n++) await queued(db, device, numberOf(n), { priority: 'bulk' });
    expect(await claim(db, device, { room: 4, bulkRoom: 2 })).toHaveLength(2);
    const code = (await queued(db, device, numberOf(9), { priority: 'otp' })).id;
    await queued(db, device, numberOf(10));
    expect(await claim(db, device, { room: 0, urgentRoom: 3, bulkRoom: -5 })).toEqual([code]);
  });

  it('let an otp pass 10,000 bulk messages, and a claim read no more of them than of 500', async () => {
    const { db } = database();
    const [small, large] = [await ownedDevice(db), await ownedDevice(db)];
    await multiply(db, small, 500);
    await multiply(db, large, 10_000);
    const [few, many] = [await looked(db, small), await looked(db, large)];
    expect(many.by).toContain('outbox_next');
    expect(many.rows).toBeLessThanOrEqual(few.rows + 5);
    const code = (await queued(db, large, numberOf(1), { priority: 'otp' })).id;
    expect((await claim(db, large, { room: 1 }))[0]).toBe(code);
  });

  it('are read past ten thousand messages of next week without looking at one', async () => {
    const { db } = database();
    const device = await ownedDevice(db);
    await multiply(db, device, 10_000);
    await db.query(
      `update outbox set waits = 'schedule', not_before = now() + interval '7 days' where workspace_id = $1`,
      [device.workspaceId],
    );
    await db.query('analyze outbox');
    await queued(db, device, numberOf(1));
    expect((await looked(db, device)).rows).toBeLessThan(50);
  });
});
