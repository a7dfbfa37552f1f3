import { mkdirSync } from 'node:fs';
import pg from 'pg';
import { expect, it } from 'vitest';
import { mintToken } from '../../src/features/api-keys/token.ts';
import { ApiClient, errorOf } from '../kit/api.ts';
import { createStorage } from '../kit/db.ts';
import { TestServer } from '../kit/server.ts';

const REQUESTS = 600;
/** In hand with others that give their place away, and in line. */
const MAY_STAY = 256 + 256;

it('refuses what is too many at once by the policy concurrency, and answers all the rest', async () => {
  await using storage = await createStorage('postgres');
  const { databaseUrl, dataDir } = storage;
  mkdirSync(dataDir, { recursive: true });
  const env = { WAPING_SANDBOX: 'off', WAPING_RATE_LIMIT: '100000' };
  await using server = await TestServer.start({ dataDir, databaseUrl, env });
  const other = new pg.Client({ connectionString: databaseUrl ?? '' });
  await other.connect();
  await other.query('begin');
  await other.query('lock table contact in access exclusive mode');
  let release = (): void => {};
  const refused = new Promise<void>((resolve) => {
    release = resolve;
  });
  const replies = Array.from({ length: REQUESTS }, async () => {
    const reply = await server.api.get('/v1/contacts');
    if (reply.status === 429) release();
    return reply;
  });
  await refused;
  // Everything waits for the lock, but who calls is still found out.
  const stranger = new ApiClient(server.url, mintToken().token);
  const whoAmI = await Promise.all([1, 2, 3].map(() => stranger.get('/v1/me')));
  await other.query('rollback');
  await other.end();
  const done = await Promise.all(replies);
  expect(whoAmI.map(({ status }) => status)).toEqual([401, 401, 401]);
  const turnedAway = done.filter(({ status }) => status === 429);
  expect(turnedAway.length).toBeGreaterThanOrEqual(REQUESTS - MAY_STAY);
  expect(done.filter(({ status }) => status === 200).length).toBe(REQUESTS - turnedAway.length);
  for (const reply of turnedAway) {
    expect(errorOf(reply)['details']).toEqual([{ param: 'policy', message: 'concurrency' }]);
    expect(reply.headers.get('retry-after')).toBe('1');
    expect(reply.headers.get('ratelimit')).toContain('"workspace"');
  }
});
