import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { issueApiKey } from '../../src/features/api-keys/index.ts';
import { openDatabase } from '../../src/platform/db/open.ts';
import { createLogger } from '../../src/platform/log.ts';
import { ApiClient, objectOf } from '../kit/api.ts';
import { createStorage, DATABASE_KINDS } from '../kit/db.ts';
import { RightsWorld, whereIs } from '../kit/rights.ts';
import { expectOk } from '../kit/sandbox-device.ts';
import { TestServer } from '../kit/server.ts';

const PHONE = '+4915550001111';
const MESSAGES = 40_000;
const log = createLogger('silent');

describe.each(DATABASE_KINDS)('a server killed while it erases, on %s', (kind) => {
  it('goes on where it was as soon as it is started again', async () => {
    await using storage = await createStorage(kind);
    const { dataDir, databaseUrl } = storage;
    let apiKey = '';
    let contactId = '';
    {
      await using db = await openDatabase({ dataDir, databaseUrl, log });
      const world = await RightsWorld.create(db);
      writeFileSync(path.join(dataDir, 'master.key'), world.masterKey.toString('hex'), { mode: 0o600 });
      await world.arrive({ phone: PHONE }, 'words to erase');
      contactId = await world.contactId(PHONE);
      await db.query(
        `insert into message (id, workspace_id, device_id, conversation_id, sender_id, direction, wa_id, origin, type, content,
           status, status_rank, created_at)
         select m.id || lpad(n::text, 6, '0'), workspace_id, device_id, conversation_id, sender_id, direction, wa_id || n,
           origin, type, content, status, status_rank, created_at
         from message m, generate_series(1, $2::int) n where m.workspace_id = $1`,
        [world.workspaceId, MESSAGES],
      );
      const { workspaceId } = world;
      apiKey = (await db.tx((tx) => issueApiKey(tx, { workspaceId, name: 'Key', scopes: ['*'], expiresAt: null })))
        .apiKey;
    }
    const first = await TestServer.start({ dataDir, databaseUrl, apiKey, env: { WAPING_SANDBOX: 'off' } });
    const api = new ApiClient(first.url, apiKey);
    const { id } = await expectOk(api.post(`/v1/contacts/${contactId}/erase`));
    const begun = await api.until(`/v1/jobs/${id}`, (job) => Number(objectOf(job, 'progress')['done']) > 0);
    await first.kill();
    expect(begun['state']).toBe('running');

    const second = await first.again();
    const from = Date.now();
    const done = await second.api.until(`/v1/jobs/${id}`, (job) => job['state'] === 'succeeded');
    expect(Date.now() - from).toBeLessThan(45_000);
    expect(objectOf(done, 'result')['messages']).toBe(MESSAGES + 1);
    await second.stop();
    await using db = await openDatabase({ dataDir, databaseUrl, log });
    for (const trace of ['words to erase', '4915550001111']) expect(await whereIs(db, trace), trace).toEqual([]);
  });
});
