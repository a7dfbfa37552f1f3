import { expect, it } from 'vitest';
import { forgetAudit } from '../../src/features/audit/index.ts';
import { listAuditRows } from '../../src/features/audit/store.ts';
import { SYSTEM } from '../../src/operations/audit/entry.ts';
import { recordAudit } from '../../src/operations/audit/record.ts';
import type { Db } from '../../src/platform/db/port.ts';
import { timeOfId } from '../../src/platform/ids.ts';
import { Caller } from '../kit/calls.ts';
import { describeEachDb } from '../kit/db.ts';
import { plansOf } from '../kit/plans.ts';

const NO_RIGHT = '42501';
const APPEND_ONLY = 'WA002';
const CHANGES = [
  `update audit set action = 'nothing'`,
  'delete from audit',
  'truncate audit',
  `delete from audit where id = 'nothing'`,
];

const ofWorkspace = (db: Db, workspaceId: string) =>
  db.query<{ id: string; all: string }>(
    'select id, audit::text as all from audit where workspace_id = $1 order by id',
    [workspaceId],
  );

const write = (db: Db, workspaceId: string, action: string) =>
  recordAudit(db, [{ workspaceId, actor: SYSTEM, action, target: null, address: null, requestId: null }]);

describeEachDb('rows of the audit log', (database) => {
  it('cannot be changed or deleted by a workspace', async () => {
    const { db } = database();
    const { workspaceId } = await Caller.create(db);
    await write(db, workspaceId, 'kept.first');
    const before = await ofWorkspace(db, workspaceId);
    for (const sql of [...CHANGES, `select forget_audit('${workspaceId}', 'aud_z', 10)`]) {
      await expect(db.within(workspaceId).query(sql), sql).rejects.toMatchObject({ sqlstate: NO_RIGHT });
    }
    const pretending = db.within(workspaceId).tx(async (tx) => {
      await tx.query(`select set_config('waping.forgetting_audit', 'yes', true)`);
      await tx.query('delete from audit');
    });
    await expect(pretending).rejects.toMatchObject({ sqlstate: NO_RIGHT });
    expect(before).toHaveLength(1);
    expect(await ofWorkspace(db, workspaceId)).toEqual(before);
  });

  it('cannot be written by a workspace into the log of another', async () => {
    const { db } = database();
    const [one, two] = [await Caller.create(db), await Caller.create(db)];
    const entry = { workspaceId: two.workspaceId, actor: SYSTEM, action: 'forged', target: null };
    const forged = db
      .within(one.workspaceId)
      .tx((tx) => recordAudit(tx, [{ ...entry, address: null, requestId: null }]));
    await expect(forged).rejects.toMatchObject({ sqlstate: NO_RIGHT });
    expect(await ofWorkspace(db, two.workspaceId)).toEqual([]);
  });

  it('cannot be changed or deleted by the owner of the tables either', async () => {
    const { db } = database();
    const { workspaceId } = await Caller.create(db);
    await write(db, workspaceId, 'kept.first');
    const before = await ofWorkspace(db, workspaceId);
    for (const sql of CHANGES) await expect(db.query(sql), sql).rejects.toMatchObject({ sqlstate: APPEND_ONLY });
    await expect(db.query('delete from workspace where id = $1', [workspaceId])).resolves.toEqual([]);
    expect(await ofWorkspace(db, workspaceId)).toEqual(before);
  });

  it('leave by retention alone: the oldest of one workspace', async () => {
    const { db } = database();
    const [one, two] = [await Caller.create(db), await Caller.create(db)];
    const forget = (before: Date) => forgetAudit(db, { workspaceId: one.workspaceId, before, limit: 10 });
    for (const action of ['old.first', 'old.second']) {
      await write(db, one.workspaceId, action);
      await write(db, two.workspaceId, action);
    }
    const old = await ofWorkspace(db, one.workspaceId);
    const line = new Date(timeOfId(old.at(-1)?.id ?? '').getTime() + 1);
    while (Date.now() <= line.getTime()) await new Promise((resolve) => setTimeout(resolve, 2));
    await write(db, one.workspaceId, 'new');
    expect(await forget(new Date(0))).toBe(0);
    expect(await forget(line)).toBe(2);
    expect(await forget(line)).toBe(0);
    expect((await ofWorkspace(db, one.workspaceId)).map((row) => row.all)).toEqual([expect.stringContaining('new')]);
    expect(await ofWorkspace(db, two.workspaceId)).toHaveLength(2);
    await expect(db.query('delete from audit')).rejects.toMatchObject({ sqlstate: APPEND_ONLY });
  });

  it.each([
    ['actorId', 'audit_actor'],
    ['targetId', 'audit_target'],
    ['action', 'audit_action'],
    ['beforeId', 'audit_pkey'],
  ])('are found by %s along the index %s, in order, with the plan made for any value', async (filter, index) => {
    const none = {
      workspaceId: 'ws',
      actorKind: null,
      actorId: null,
      action: null,
      targetId: null,
      fromId: null,
      beforeId: null,
    };
    const nodes = await database().db.tx(async (tx) => {
      // An empty table is read as a whole otherwise.
      await tx.query('set local enable_seqscan = off');
      await tx.query('set local enable_bitmapscan = off');
      const page = { after: 'aud_z', limit: 51, order: 'desc' } as const;
      return plansOf(tx, (explaining) => listAuditRows(explaining, { ...none, [filter]: 'x' }, page));
    });
    expect(nodes.map((node) => node['Index Name'])).toContain(index);
    expect(nodes.filter((node) => node['Node Type'].includes('Sort'))).toEqual([]);
  });
});
