import { expect, it } from 'vitest';
import { noticeChanges } from '../../src/delivery/webhooks/notice.ts';
import { insertPerson } from '../../src/features/members/person-store.ts';
import { insertMembership } from '../../src/features/members/store.ts';
import { newId } from '../../src/platform/ids.ts';
import { createLogger } from '../../src/platform/log.ts';
import type { Mail } from '../../src/platform/mail.ts';
import { objectOf, rowsOf } from '../kit/api.ts';
import { describeEachDb } from '../kit/db.ts';
import { hookScene } from '../kit/hook-scene.ts';

const HOUR_MS = 3_600_000;

describeEachDb('a webhook', (database) => {
  const scene = hookScene(database);

  const typesOf = async (id: string): Promise<unknown[]> => {
    const log = await scene.world.ask('events.list', { query: { limit: 100 } });
    const own = rowsOf(log).filter((row) => objectOf(objectOf(row, 'data'), 'webhook')['id'] === id);
    return own.map((row) => row['type']);
  };

  it('that is down for three days is paused, tells its owners, and gets every event when it is up again', async () => {
    scene.receiver.behaviours.set('/hook', (response) => response.writeHead(503).end());
    const { id } = await scene.world.hook(scene.receiver.url());
    await scene.world.tell(1);
    await using node = scene.world.node();
    for (let hours = 0; hours < 72; hours += 6) {
      const before = scene.receiver.received.length;
      await scene.world.tell(2);
      scene.world.pass(6 * HOUR_MS);
      node.wake();
      await scene.receiver.until('/hook', before + 1);
    }
    await expect.poll(async () => (await scene.world.row(id)).state, { timeout: 20_000 }).toBe('paused');
    expect(await scene.world.row(id)).toMatchObject({ state_reason: 'failing', last_error: 'answered 503' });
    expect(scene.world.changes.map(({ state }) => state)).toEqual(['paused']);
    scene.receiver.received.length = 0;
    scene.receiver.behaviours.clear();
    scene.world.pass(HOUR_MS);
    node.wake();
    await scene.receiver.until('/hook', 25);
    await scene.world.until(id, (rows) => rows.length === 25 && rows.every(({ state }) => state === 'delivered'));
    expect((await scene.world.row(id)).state).toBe('active');
    expect(await typesOf(id)).toEqual(['webhook.verified', 'webhook.paused', 'webhook.resumed']);
  });

  it('that fails now and then is not paused', async () => {
    const { id } = await scene.world.hook(scene.receiver.url());
    await using node = scene.world.node();
    for (let round = 0; round < 4; round++) {
      scene.receiver.behaviours.set('/hook', (response) => response.writeHead(round % 2 === 0 ? 200 : 500).end());
      const before = scene.receiver.received.length;
      await scene.world.tell(1);
      scene.world.pass(8 * HOUR_MS);
      node.wake();
      await scene.receiver.until('/hook', before + 1);
      await expect
        .poll(async () => (await scene.world.row(id)).failing_since !== null, { timeout: 20_000 })
        .toBe(round % 2 === 1);
    }
    expect((await scene.world.row(id)).state).toBe('active');
  });

  it('that was paused by hand gets nothing, is not probed, and goes on where it stopped', async () => {
    const { id } = await scene.world.hook(scene.receiver.url());
    await scene.world.ask('webhooks.pause', { params: { webhookId: id } });
    await scene.world.tell(3);
    const beside = await scene.world.hook(scene.receiver.url('/beside'));
    await using node = scene.world.node();
    await scene.world.tell(1);
    scene.world.pass(24 * HOUR_MS);
    node.wake();
    await scene.receiver.until('/beside', 1);
    await scene.world.until(beside.id, ([row]) => row?.['state'] === 'delivered');
    expect(scene.receiver.at('/hook')).toEqual([]);
    expect(await scene.world.ask('webhooks.resume', { params: { webhookId: id }, body: {} })).toMatchObject({
      state: 'active',
      stateReason: null,
    });
    node.wake();
    const got = await scene.receiver.until('/hook', 4);
    expect(got).toHaveLength(4);
  });

  it('resumes from a time: what lies before it and was never sent is left out', async () => {
    const { id } = await scene.world.hook(scene.receiver.url());
    await scene.world.ask('webhooks.pause', { params: { webhookId: id } });
    await scene.world.tell(5);
    await database().db.query(`update event set created_at = created_at - interval '1 day' where workspace_id = $1`, [
      scene.world.workspaceId,
    ]);
    await scene.world.tell(2);
    const from = new Date(Date.now() - HOUR_MS).toISOString();
    await scene.world.ask('webhooks.resume', { params: { webhookId: id }, body: { from } });
    await using _node = scene.world.node();
    await scene.receiver.until('/hook', 2);
    await scene.world.until(id, (rows) => rows.length === 2 && rows.every(({ state }) => state === 'delivered'));
    expect(scene.receiver.at('/hook')).toHaveLength(2);
  });

  it('that stops is mailed to the owners of its workspace, without its URL', async () => {
    const { db } = database();
    const { id } = await scene.world.hook(scene.receiver.url('/hook?token=do-not-mail'));
    for (const role of ['owner', 'admin'] as const) {
      const person = newId('usr');
      await insertPerson(db, { id: person, email: `${person}@${role}.example`, name: role, passwordHash: 'none' });
      await insertMembership(db, { workspaceId: scene.world.workspaceId, personId: person, role });
    }
    const mails: Mail[] = [];
    const mailer = { send: (mail: Mail) => void mails.push(mail) };
    const row = { ...(await scene.world.row(id)), state: 'paused' as const, last_error: 'answered 503' };
    noticeChanges({ db, log: createLogger('silent'), mailer }, [row, { ...row, state: 'active' as const }]);
    await expect.poll(() => mails.length, { timeout: 20_000 }).toBe(1);
    expect(mails[0]?.to).toMatch(/@owner\.example$/);
    expect(mails[0]?.text).toContain('answered 503');
    expect(JSON.stringify(mails)).not.toContain('do-not-mail');
  });
});
