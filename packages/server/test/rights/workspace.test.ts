import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { expect, it } from 'vitest';
import { insertPerson, writePendingTotp } from '../../src/features/members/person-store.ts';
import { totpContext } from '../../src/features/members/prove.ts';
import { insertMembership } from '../../src/features/members/store.ts';
import { DataKeys } from '../../src/features/workspaces/index.ts';
import { insertWorkspace } from '../../src/features/workspaces/store.ts';
import { createWrappedDataKey } from '../../src/platform/crypto/master-key.ts';
import { MasterKeys } from '../../src/platform/crypto/master-keys.ts';
import { openDatabase } from '../../src/platform/db/open.ts';
import { newId } from '../../src/platform/ids.ts';
import { insertJob } from '../../src/platform/jobs/store.ts';
import { createLogger } from '../../src/platform/log.ts';
import { errorOf, objectOf, rowsOf } from '../kit/api.ts';
import { createStorage, describeEachDb } from '../kit/db.ts';
import { join, signedIn } from '../kit/person.ts';
import { RightsWorld, whereIs } from '../kit/rights.ts';
import { expectOk, linkSandboxDevice } from '../kit/sandbox-device.ts';
import { TestServer } from '../kit/server.ts';

const SHOP = '+15550001000';
const CUSTOMER = '+15550002000';

const recordsOf = (body: Record<string, unknown>) => [body['records']].flat().map((record) => Object(record));

describeEachDb('the data rights of a workspace', (database, kind) => {
  it('are its export, complete and without secrets, and its erasure, by an owner who types its name', async () => {
    await using storage = await createStorage(kind);
    mkdirSync(storage.dataDir, { recursive: true });
    const { dataDir, databaseUrl } = storage;
    const server = await TestServer.start({ dataDir, databaseUrl });
    const { api } = server;
    const deviceId = await linkSandboxDevice(api, SHOP);
    await expectOk(api.post('/v1/sandbox/phones', { phone: CUSTOMER, autoRead: true }));
    const body = { deviceId, to: CUSTOMER, type: 'text', text: { body: 'Every word of it' } };
    const message = await expectOk(api.post('/v1/messages', body));
    await api.until(`/v1/messages/${message['id']}`, (m) => m['status'] === 'read');
    const owner = await signedIn(server.url, server.owner);
    const admin = await join(api, 'admin@example.com', 'admin');

    const job = await expectOk(api.post('/v1/workspace/export'));
    const done = await api.until(`/v1/jobs/${job['id']}`, (one) => one['state'] === 'succeeded');
    expect(objectOf(done, 'progress')).toMatchObject({ phase: 'done' });
    const records = recordsOf((await api.get(String(done['resultUrl']))).body);
    const kinds = new Set(records.map(({ record }) => record));
    for (const one of [
      'workspace',
      'member',
      'apiKey',
      'device',
      'sandboxPhone',
      'usage',
      'contact',
      'conversation',
      'message',
      'event',
    ])
      expect(kinds).toContain(one);
    expect(records.find(({ record, id }) => record === 'message' && id === message['id'])).toMatchObject({
      content: { text: { body: 'Every word of it' } },
      status: 'read',
    });
    expect(JSON.stringify(records)).not.toMatch(/secret_?hash|password|sealed|data_?key/i);
    const lines = await fetch(`${server.url}${String(done['resultUrl'])}?format=jsonl`, {
      headers: { authorization: `Bearer ${server.apiKey}` },
    });
    expect(lines.headers.get('content-type')).toBe('application/jsonl');
    const text = await lines.text();
    expect(
      text
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toEqual(records);

    const { name } = await expectOk(owner.get('/v1/workspace'));
    const byKey = await api.post('/v1/workspace/erase', { confirm: name });
    expect([byKey.status, errorOf(byKey)['code']]).toEqual([403, 'FORBIDDEN']);
    const byAdmin = await admin.post('/v1/workspace/erase', { confirm: name });
    expect([byAdmin.status, errorOf(byAdmin)['code']]).toEqual([403, 'FORBIDDEN']);
    const wrong = await owner.post('/v1/workspace/erase', { confirm: 'Another' });
    expect([wrong.status, errorOf(wrong)['param']]).toEqual([400, 'confirm']);
    expect((await api.get('/v1/devices')).status).toBe(200);

    const erasing = await expectOk(owner.post('/v1/workspace/erase', { confirm: name }));
    expect(erasing).toMatchObject({ kind: 'workspace.erase', cancelable: false });
    expect([401, 403]).toContain((await api.get('/v1/devices')).status);
    const write = await owner.post('/v1/devices', { label: 'Late', network: 'sandbox' });
    expect([401, 403]).toContain(write.status);
    await expect
      .poll(async () => (await owner.get('/v1/workspace')).status, { timeout: 60_000, interval: 200 })
      .toBe(401);
    // What is known of a key may be a second old.
    await expect.poll(async () => (await api.get('/v1/devices')).status, { timeout: 5_000 }).toBe(401);
    await server.stop();

    await using db = await openDatabase({ dataDir, databaseUrl, log: createLogger('silent') });
    for (const trace of ['Every word of it', deviceId, 'admin@example.com', '15550002000'])
      expect(await whereIs(db, trace), trace).toEqual([]);
    // A count of its last requests may still come in beside the erasure; it is swept up with its minute.
    const left = (await whereIs(db, server.workspaceId)).filter((where) => !where.startsWith('rate_count.'));
    expect(left).toEqual(['erased_workspace.id']);
    expect(await db.query('select 1 from person')).toEqual([]);
  });

  it('leaves people who belong elsewhere, with their second factor, and every other workspace', async () => {
    const { db } = database();
    const [world, other] = [await RightsWorld.create(db), await RightsWorld.create(db)];
    const keys = new DataKeys(db, MasterKeys.of(world.masterKey));
    await db.query('update workspace set data_key = $2 where id = $1', [
      other.workspaceId,
      createWrappedDataKey(world.masterKey, other.workspaceId),
    ]);
    const secret = randomBytes(20).toString('hex');
    const [both, only] = [newId('usr'), newId('usr')];
    for (const id of [both, only]) {
      await insertPerson(db, { id, email: `${id}@example.com`, name: 'Member', passwordHash: '$argon2id$none' });
      await insertMembership(db, { workspaceId: world.workspaceId, personId: id, role: 'owner' });
      const sealed = await keys.seal(world.workspaceId, secret, totpContext(id));
      await writePendingTotp(db, { personId: id, workspaceId: world.workspaceId, sealed });
    }
    await insertMembership(db, { workspaceId: other.workspaceId, personId: both, role: 'viewer' });
    await other.arrive({ phone: '+4915550003333' }, 'words of the other workspace');
    await world.arrive({ phone: '+4915550004444' }, 'words of this workspace');
    const third = newId('ws');
    await insertWorkspace(db, { id: third, name: 'Third', plan: 'free', dataKey: randomBytes(61) });

    await db.query('update workspace set erasing_at = now(), suspended_at = now() where id = $1', [world.workspaceId]);
    await db.query(`update device set desired = 'off' where workspace_id = $1`, [world.workspaceId]);
    const made = { kind: 'workspace.erase', input: {}, singleKey: 'workspace.erase', cancelable: false };
    const job = await insertJob(db, { id: newId('job'), workspaceId: world.workspaceId, createdBy: both, ...made });
    // The node that would log the devices out is not here: the wait for it is over at once.
    await db.query(`update workspace set erasing_at = now() - interval '1 hour' where id = $1`, [world.workspaceId]);
    expect(await world.finish(String(job?.id))).toBeNull();

    expect(await whereIs(db, 'words of this workspace')).toEqual([]);
    expect(await whereIs(db, 'words of the other workspace')).toEqual(['event.data', 'message.content']);
    const people = await db.query<{ id: string; totp_workspace_id: string; totp_sealed: Uint8Array }>(
      'select id, totp_workspace_id, totp_sealed from person where id = any ($1::text[])',
      [[both, only]],
    );
    expect(people.map(({ id, totp_workspace_id }) => [id, totp_workspace_id])).toEqual([[both, other.workspaceId]]);
    const [kept] = people;
    expect(kept && (await keys.open(other.workspaceId, kept.totp_sealed, totpContext(both)))).toBe(secret);
    const record = await db.query<{ removed: Record<string, number> }>(
      'select removed from erased_workspace where id = $1',
      [world.workspaceId],
    );
    expect(record[0]?.removed).toMatchObject({ message: 1, contact: 1 });
    expect(rowsOf(await other.ask('contacts.list', {}))).toHaveLength(1);
  });
});
