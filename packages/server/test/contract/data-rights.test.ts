import { expect, it } from 'vitest';
import { queueRecurring } from '../../src/features/data-rights/index.ts';
import { WORKSPACE_TABLES } from '../../src/features/data-rights/tables.ts';
import { WapingError } from '../../src/platform/errors.ts';
import { firstIdAt, newId } from '../../src/platform/ids.ts';
import type { JobHandler } from '../../src/platform/jobs/run.ts';
import { commit } from '../delivery/factories.ts';
import { describeEachDb } from '../kit/db.ts';
import { misfitsOf } from '../kit/events.ts';
import { RightsWorld, whereIs } from '../kit/rights.ts';
import { groupOf } from '../kit/whatsapp.ts';

const ADA = { phone: '+4915550001111', lid: '700000001234567@lid' };
const BEN = '+4915550002222';
const GROUP = '120363000000000001@g.us';
const TRACES = [
  '4915550001111',
  '700000001234567',
  'Ada of the traces',
  'secret words',
  'waiting words',
  'group words',
];

/** A contact that left a trace wherever one can be left, and another beside it. */
async function furnish(world: RightsWorld): Promise<string> {
  const { deviceId, workspaceId } = world.device;
  await world.arrive(ADA, 'secret words in', 'Ada of the traces');
  await world.arrive(ADA, 'group words', 'Ada of the traces', GROUP);
  await world.arrive({ phone: BEN }, 'others stay', 'Ben', GROUP);
  await world.react(ADA, 'others stay', GROUP);
  const text = (to: string, body: string) => ({ body: { deviceId, to, type: 'text', text: { body } } });
  await world.ask('messages.send', text(ADA.phone, 'waiting words out'), 'to-ada');
  await world.ask('messages.send', text(BEN, 'others wait'), 'to-ben');
  const key = (type: string, id: string) => ({ type, id, sealed: Buffer.from('sealed') });
  const entries = [
    key('session', '4915550001111.0'),
    key('session', '700000001234567_1.0'),
    key('sender-key', `${GROUP}::4915550001111::0`),
    key('lid-mapping', '4915550001111'),
    key('session', '4915550002222.0'),
    key('pre-key', '7'),
  ];
  const group = groupOf(GROUP.split('@')[0] ?? '', [ADA.phone, BEN]);
  await commit(world.db, world.device, [
    { kind: 'keys', entries },
    { kind: 'group', group },
  ]);
  await world.ask('devices.checkNumbers', { params: { deviceId }, body: { phones: [ADA.phone, BEN] } });
  await world.db.query('update contact set name = $3 where workspace_id = $1 and phone = $2', [
    workspaceId,
    ADA.phone,
    'Ada of the traces',
  ]);
  return world.contactId(ADA.phone);
}

/** An id as an entry of that many days ago has it: the time is in its first letters. */
const auditIdOf = (daysAgo: number) =>
  firstIdAt('aud', new Date(Date.now() - daysAgo * 86_400_000)).slice(0, 14) + newId('aud').slice(14);

const traces = async (world: RightsWorld) => {
  const found: string[] = [];
  for (const text of TRACES) for (const where of await whereIs(world.db, text)) found.push(`${text}: ${where}`);
  return found;
};

async function count(world: RightsWorld, table: string): Promise<number> {
  const rows = await world.db.query(`select 1 from ${table} where workspace_id = $1`, [world.workspaceId]);
  return rows.length;
}

const refusal = (call: Promise<unknown>) =>
  call.then(
    () => null,
    (error: unknown) => (error instanceof WapingError ? error.code : error),
  );

/** The same jobs on a node that dies once it has done so many steps. */
function dyingAfter(handlers: readonly JobHandler[], steps: number, died: () => void): JobHandler[] {
  let left = steps;
  return handlers.map((handler) => ({
    ...handler,
    run: (run) =>
      handler.run({
        jobId: run.jobId,
        workspaceId: run.workspaceId,
        input: run.input,
        get checkpoint() {
          return run.checkpoint;
        },
        step: async (work) => {
          if (left === 0) {
            died();
            // A dead node says nothing more, not even that it failed.
            await new Promise<never>(() => {});
          }
          left -= 1;
          await run.step(work);
        },
      }),
  }));
}

describeEachDb('erasing a contact', (database) => {
  it('leaves nothing of it in any column of any table, and everything of the others', async () => {
    const { db } = database();
    const world = await RightsWorld.create(db);
    const contactId = await furnish(world);
    const before = await traces(world);
    for (const table of [
      'contact.',
      'message.',
      'event.',
      'idempotency.',
      'signal_key.',
      'group_member.',
      'number_check.',
    ])
      expect(before.join(), 'the test must be able to fail').toContain(table);
    const exported = await world.ask('contacts.export', { params: { contactId } });
    await world.finish(String(exported['id']));
    expect(await count(world, 'job_chunk')).toBeGreaterThan(0);
    const keysBefore = await count(world, 'signal_key');

    const job = await world.finish(String((await world.ask('contacts.erase', { params: { contactId } }))['id']));
    expect(job).toMatchObject({ state: 'succeeded', result: { messages: 3, keys: 4, replies: 1 } });
    expect(await traces(world)).toEqual([]);
    expect(await count(world, 'job_chunk')).toBe(0);
    expect(await count(world, 'signal_key')).toBe(keysBefore - 4);
    expect(await whereIs(db, 'others stay')).toEqual(['event.data', 'message.content']);
    for (const table of ['group_member', 'number_check', 'outbox']) expect(await count(world, table)).toBe(1);
    expect(await refusal(world.caller.call('contacts.get', { params: { contactId } }))).toBe('NOT_FOUND');
    expect(await refusal(world.caller.call('contacts.erase', { params: { contactId } }))).toBe('NOT_FOUND');
  });

  it('ends what waits to be sent, and does not send it again for its Idempotency-Key', async () => {
    const world = await RightsWorld.create(database().db);
    const contactId = await furnish(world);
    const sent = await world.ask('messages.list', { query: { phone: ADA.phone } });
    const [waiting] = [sent['data']].flat().filter((row) => Reflect.get(Object(row), 'direction') === 'outbound');
    const messageId = String(Reflect.get(Object(waiting), 'id'));
    const erasing = await world.ask('contacts.erase', { params: { contactId } }, 'erase-ada');
    await world.finish(String(erasing['id']));
    expect((await world.ask('contacts.erase', { params: { contactId } }, 'erase-ada'))['id']).toBe(erasing['id']);
    const types = await world.db.query<{ type: string }>(
      'select type from event where workspace_id = $1 and subject_id = $2 order by sequence',
      [world.workspaceId, messageId],
    );
    expect(types.map(({ type }) => type)).toEqual(['message.queued', 'message.canceled']);
    const body = { deviceId: world.device.deviceId, to: ADA.phone, type: 'text', text: { body: 'waiting words out' } };
    expect(await refusal(world.caller.call('messages.send', { body }, { key: 'to-ada' }))).toBe('CONFLICT');
    expect(await count(world, 'outbox')).toBe(1);
  });

  it('keeps the place of every event, for readers that hold a cursor, and says what was erased', async () => {
    const world = await RightsWorld.create(database().db);
    const contactId = await furnish(world);
    const first = await world.ask('events.list', { query: { limit: '3' } });
    const before = await count(world, 'event');
    await world.finish(String((await world.ask('contacts.erase', { params: { contactId } }))['id']));
    const rest = await world.ask('events.list', { query: { after: first['nextCursor'], limit: '100' } });
    const events = [rest['data']].flat().map((event) => Object(event));
    // Beside the log as it was: the end of the waiting message, contact.erased, job.succeeded.
    expect(events.length).toBe(before - 3 + 3);
    expect(events.flatMap((event) => misfitsOf(event))).toEqual([]);
    expect(events.filter(({ data }) => data.erased === true).map(({ type }) => type)).toEqual(
      expect.arrayContaining(['message.received', 'message.queued', 'message.canceled']),
    );
    expect(events.find(({ type }) => type === 'contact.erased').data.contactId).toBe(contactId);
    expect(events.filter(({ data }) => JSON.stringify(data).includes('others'))).not.toEqual([]);
  });

  it('ends the same wherever a node dies on the way', async () => {
    const { db } = database();
    let steps = 0;
    for (let over = false; !over; steps += 1) {
      const world = await RightsWorld.create(db);
      const contactId = await furnish(world);
      const { id } = await world.ask('contacts.erase', { params: { contactId } });
      let died = false;
      const dead = world.runner(
        dyingAfter(world.handlers(), steps, () => {
          died = true;
        }),
      );
      dead.wake();
      await expect
        .poll(
          async () =>
            died ||
            (await db.query('select 1 from job where id = $1 and finished_at is not null', [String(id)])).length > 0,
          { timeout: 30_000 },
        )
        .toBe(true);
      // Dead nodes claim nothing. Its disposal would wait for the run that hangs.
      void dead[Symbol.asyncDispose]();
      over = !died;
      await db.query(`update job set locked_until = now() - interval '1 second' where id = $1 and state = 'running'`, [
        String(id),
      ]);
      await using _next = world.runner();
      await db.query(`update job set run_at = now() where id = $1`, [String(id)]);
      const hurry = setInterval(() => {
        db.query(`update job set run_at = now() where id = $1 and state = 'queued'`, [String(id)]).catch(() => {});
      }, 100);
      const job = await world.untilEnded(String(id)).finally(() => clearInterval(hurry));
      expect(job, `after ${steps} steps`).toMatchObject({
        state: 'succeeded',
        result: { messages: 3, replies: 1, keys: 4 },
      });
      expect(await traces(world), `after ${steps} steps`).toEqual([]);
    }
    expect(steps).toBeGreaterThan(6);
  });

  it('takes out what the audit log quotes of it, keeps that something was done, and ends entries by their age', async () => {
    const { db } = database();
    const world = await RightsWorld.create(db);
    const contactId = await furnish(world);
    const quote = { before: { name: 'Ada of the traces', phone: ADA.phone }, after: { name: 'Secret words' } };
    const entry = (action: string, before: object, age: number) =>
      db.query(
        `insert into audit (id, workspace_id, actor_kind, action, outcome, before, after, created_at)
         values ($1, $2, 'system', $3, 'done', $4::jsonb, null, now() - $5 * interval '1 day')`,
        [auditIdOf(age), world.workspaceId, action, JSON.stringify(before), age],
      );
    await entry('old', { any: 'thing' }, 30);
    await entry('contacts.update', quote, 2);
    await entry('devices.update', { label: 'Kept as it is' }, 1);
    await world.finish(String((await world.ask('contacts.erase', { params: { contactId } }))['id']));
    expect(await traces(world)).toEqual([]);
    const entries = () =>
      db.query<{ action: string; before: unknown }>(
        `select action, before from audit where workspace_id = $1 and actor_kind = 'system' order by id`,
        [world.workspaceId],
      );
    expect(await entries()).toEqual([
      { action: 'old', before: { any: 'thing' } },
      { action: 'contacts.update', before: null },
      { action: 'devices.update', before: { label: 'Kept as it is' } },
    ]);
    await world.ask('workspace.update', { body: { retention: { auditDays: 7 } } });
    await queueRecurring(db);
    const jobs = await db.query<{ id: string }>(
      `select id from job where workspace_id = $1 and kind = 'retention.apply'`,
      [world.workspaceId],
    );
    expect(await world.finish(String(jobs[0]?.id))).toMatchObject({ result: { audit: 1 } });
    expect((await entries()).map(({ action }) => action)).toEqual(['contacts.update', 'devices.update']);
  });

  it('knows every table that belongs to a workspace', async () => {
    const rows = await database().db.query<{ name: string }>(
      `select distinct c.relname as name from pg_attribute a join pg_class c on c.oid = a.attrelid
       join pg_namespace n on n.oid = c.relnamespace
       where n.nspname = current_schema() and c.relkind in ('r', 'p') and a.attname = 'workspace_id' and not a.attisdropped`,
    );
    expect(rows.length).toBeGreaterThan(20);
    // Add a new table to features/data-rights/tables.ts: erasing and retention go by that list.
    const known = new Set(WORKSPACE_TABLES.map(({ table }) => table));
    expect(rows.map(({ name }) => name).filter((name) => !known.has(name))).toEqual([]);
  });
});

describeEachDb('retention', (database) => {
  it('ends messages and events past their time, but nothing that still waits to be sent', async () => {
    const world = await RightsWorld.create(database().db);
    const { db, workspaceId } = world;
    await furnish(world);
    const aged = `created_at = created_at - interval '10 days'`;
    for (const table of ['message', 'event', 'idempotency'])
      await db.query(`update ${table} set ${aged} where workspace_id = $1`, [workspaceId]);
    await world.arrive({ phone: BEN }, 'fresh words', 'Ben');
    const settings = await world.ask('workspace.update', { body: { retention: { messagesDays: 5 } } });
    expect(settings['retention']).toEqual({ messagesDays: 5, eventsDays: null, auditDays: null });

    await queueRecurring(db);
    await queueRecurring(db);
    const jobs = await db.query<{ id: string }>(
      `select id from job where workspace_id = $1 and kind = 'retention.apply'`,
      [workspaceId],
    );
    expect(jobs).toHaveLength(1);
    const job = await world.finish(String(jobs[0]?.id));
    expect(job).toMatchObject({ state: 'succeeded', result: { messages: 3, replies: 2, events: 0 } });
    // The two that wait are left, with the fresh one; the words of the others are gone from the log too.
    expect(await count(world, 'message')).toBe(3);
    expect(await count(world, 'outbox')).toBe(2);
    expect(await whereIs(db, 'group words')).toEqual([]);
    expect(await whereIs(db, 'fresh words')).toEqual(['event.data', 'message.content']);
  });

  it('deletes old events, and tells a reader with an old cursor that it missed some and where to go on', async () => {
    const world = await RightsWorld.create(database().db);
    const { db, workspaceId } = world;
    await furnish(world);
    const first = await world.ask('events.list', { query: { limit: '2' } });
    await db.query(`update event set created_at = created_at - interval '10 days' where workspace_id = $1`, [
      workspaceId,
    ]);
    const old = await count(world, 'event');
    await world.ask('workspace.update', { body: { retention: { eventsDays: 5 } } });
    await queueRecurring(db);
    const jobs = await db.query<{ id: string }>(`select id from job where workspace_id = $1`, [workspaceId]);
    expect(await world.finish(String(jobs[0]?.id))).toMatchObject({ result: { events: old, messages: 0 } });
    const late = world.caller.call('events.list', { query: { after: first['nextCursor'] } });
    const error = await late.catch((thrown: unknown) => Object(thrown));
    expect(error).toMatchObject({ code: 'CURSOR_EXPIRED', details: [{ param: 'oldestCursor' }] });
    for (const after of [error.details[0].message, '0']) {
      const rest = await world.ask('events.list', { query: { after } });
      expect([rest['data']].flat().map((event) => Object(event).type)).toEqual(['workspace.updated']);
    }
  });

  it('keeps everything unless told otherwise, and refuses a time that is none', async () => {
    const world = await RightsWorld.create(database().db);
    expect(await world.ask('workspace.get', {})).toMatchObject({
      retention: { messagesDays: null, eventsDays: null, auditDays: null },
    });
    const change = (retention: object) => refusal(world.caller.call('workspace.update', { body: { retention } }));
    for (const bad of [0, -1, 1.5, 4000, '7']) expect(await change({ eventsDays: bad })).toBe('VALIDATION_ERROR');
    expect(await change({ days: 7 })).toBe('VALIDATION_ERROR');
    expect(await world.ask('workspace.update', { body: { name: '  New name ' } })).toMatchObject({ name: 'New name' });
    expect(await refusal(world.caller.call('jobs.get', { params: { jobId: newId('job') } }))).toBe('NOT_FOUND');
  });
});
