import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { recordEvents } from '../../src/features/events/index.ts';
import { openPostgres, type PostgresDb } from '../../src/platform/db/postgres.ts';
import { WapingError } from '../../src/platform/errors.ts';
import { newId } from '../../src/platform/ids.ts';
import { createLogger } from '../../src/platform/log.ts';
import { ApiClient, errorOf, objectOf, type Reply, rowsOf } from '../kit/api.ts';
import { Caller } from '../kit/calls.ts';
import { createTestDatabase, DATABASE_KINDS } from '../kit/db.ts';
import { type PostgresServer, startPostgres } from '../kit/db-server.ts';
import { KeyWorld, OPERATOR_KEY } from '../kit/keys.ts';
import { expectOk } from '../kit/sandbox-device.ts';
import { TestServer } from '../kit/server.ts';
import { framesIn, Stream } from '../kit/sse.ts';

/** Long before a wait of thirty seconds is over. */
const SOON_MS = 5_000;
const bearer = (key: string) => ({ authorization: `Bearer ${key}` });
const typesOf = (reply: Reply) => rowsOf(reply.body).map(({ type }) => type);

/** A promise with what it took to settle, in milliseconds. */
async function timed<T>(promise: Promise<T>): Promise<{ value: T; ms: number }> {
  const from = performance.now();
  const value = await promise;
  return { value, ms: performance.now() - from };
}

describe.each(DATABASE_KINDS)('reading events on %s', (kind) => {
  let world: KeyWorld;
  beforeAll(async () => {
    world = await KeyWorld.start(kind);
  });
  afterAll(() => world[Symbol.asyncDispose]());

  /** The end of the log, once nothing of it is held back any more. */
  async function atEnd(api: ApiClient = world.api): Promise<string> {
    const marker = await world.newDevice();
    for (let after = '0'; ; ) {
      const page = await expectOk(api.get(`/v1/events?limit=100&after=${after}`));
      after = String(page['nextCursor']);
      if (rowsOf(page).some((row) => row['deviceId'] === marker)) return after;
    }
  }

  const waiting = (after: string, query = '', api = world.api) => api.get(`/v1/events?after=${after}&wait=30${query}`);

  it('waits until there is one, and answers then', async () => {
    const after = await atEnd();
    const reply = timed(waiting(after));
    // It waits by now, or begins to while the event is written: both must find it.
    await world.api.get('/v1/events?limit=1');
    const deviceId = await world.newDevice();
    const { value, ms } = await reply;
    expect(ms).toBeLessThan(SOON_MS);
    expect(rowsOf(value.body).map((row) => row['deviceId'])).toEqual([deviceId]);
  });

  it('answers at once what is there, and without `wait` also that nothing is', async () => {
    const after = await atEnd();
    expect((await timed(waiting('0'))).ms).toBeLessThan(SOON_MS);
    const { value, ms } = await timed(world.api.get(`/v1/events?after=${after}`));
    expect(ms).toBeLessThan(SOON_MS);
    expect(value.body).toEqual({ data: [], hasMore: false, nextCursor: after });
  });

  it('goes by for what is not wanted, and says at its end where to go on', async () => {
    const after = await atEnd();
    const reply = timed(world.api.get(`/v1/events?after=${after}&wait=1&types=message.*`));
    await world.newDevice();
    const { value, ms } = await reply;
    expect(ms).toBeGreaterThan(900);
    expect([value.status, rowsOf(value.body)]).toEqual([200, []]);
    await world.newDevice();
    const next = await world.api.get(`/v1/events?after=${value.body['nextCursor']}&types=device.created`);
    expect(typesOf(next).length).toBeGreaterThan(0);
  });

  it('ends with 401 soon after the key is revoked', async () => {
    const { id, api } = await world.make({ scopes: ['events:read'] });
    const after = await atEnd();
    const reply = timed(waiting(after, '&types=message.*', api));
    await expectOk(world.api.call('DELETE', `/v1/keys/${id}`));
    const { value, ms } = await reply;
    expect([value.status, errorOf(value)['code']]).toEqual([401, 'UNAUTHORIZED']);
    expect(ms).toBeLessThan(SOON_MS);
  });

  it('lets so many wait and no more, and none of them is in the way of a request', async () => {
    const after = await atEnd();
    const hangUp = new AbortController();
    const url = `${world.server.url}/v1/events?after=${after}&wait=30&types=message.*`;
    const options = { headers: bearer(world.server.apiKey), signal: hangUp.signal };
    const statuses: number[] = [];
    const all = Array.from({ length: 220 }, () =>
      fetch(url, options).then(
        ({ status }) => statuses.push(status),
        () => undefined,
      ),
    );
    await expect.poll(() => statuses.length, { timeout: 20_000 }).toBe(20);
    expect(new Set(statuses)).toEqual(new Set([503]));
    for (let n = 0; n < 5; n += 1) expect((await timed(world.api.get('/v1/devices'))).ms).toBeLessThan(SOON_MS);
    hangUp.abort();
    await Promise.all(all);
    // Whoever hung up has given its place back.
    await expect
      .poll(async () => (await world.api.get(`/v1/events?after=${after}&wait=1&types=message.*`)).status, {
        timeout: 20_000,
      })
      .toBe(200);
  });

  it('refuses types there are not, a wait that is too long, and what is no cursor', async () => {
    const bad = ['types=nothing', 'types=message', 'types=*', 'wait=31', 'wait=-1', 'wait=x', 'after=x', 'after=MA'];
    for (const query of bad) expect((await world.api.get(`/v1/events?${query}`)).status, query).toBe(400);
    for (const query of ['types=message.*,device.created', 'types=message.received', 'wait=0', 'after=0'])
      expect((await world.api.get(`/v1/events?${query}`)).status, query).toBe(200);
  });

  it('refuses the cursor of another workspace, in a read and in a stream', async () => {
    const operator = new ApiClient(world.server.url, OPERATOR_KEY);
    const made = await expectOk(operator.post('/v1/operator/workspaces', { name: 'Other', plan: 'growth' }));
    const stranger = new ApiClient(world.server.url, String(made['apiKey']));
    const after = await atEnd();
    expect(errorOf(await stranger.get(`/v1/events?after=${after}`))).toMatchObject({
      code: 'VALIDATION_ERROR',
      param: 'after',
    });
    const stream = await Stream.open(`${world.server.url}/v1/events/stream`, {
      ...bearer(stranger.key),
      'last-event-id': after,
    });
    expect(stream.refusal).toMatchObject({ code: 'VALIDATION_ERROR', param: 'Last-Event-ID' });
  });
});

it('lets so many streams be open, and no more', async () => {
  await using database = await createTestDatabase('pglite');
  const caller = await Caller.create(database.db);
  const open = () => caller.call('events.stream', {});
  for (let n = 0; n < 1_000; n += 1) await open();
  const refused = await open().then(
    () => null,
    (error: unknown) => error,
  );
  expect(refused).toBeInstanceOf(WapingError);
  expect(refused).toMatchObject({ code: 'SERVICE_UNAVAILABLE', retryAfter: 5 });
});

it('holds up no server that stops: whoever waits is answered, and its streams end', async () => {
  await using server = await TestServer.start({ env: { WAPING_SANDBOX: 'off' } });
  const { nextCursor } = await expectOk(server.api.get('/v1/events?limit=100'));
  using stream = await Stream.open(`${server.url}/v1/events/stream`, bearer(server.apiKey));
  await stream.until(({ frames }) => frames.length > 0);
  const reply = server.api.get(`/v1/events?after=${nextCursor}&wait=30&types=message.*`);
  // By the time others that asked after it are answered it waits.
  for (let n = 0; n < 20; n += 1) await expectOk(server.api.get('/v1/events?limit=1'));
  const { ms } = await timed(server.stop());
  expect(ms).toBeLessThan(15_000);
  expect([(await reply).status, rowsOf((await reply).body)]).toEqual([200, []]);
  await stream.until(({ isOver }) => isOver);
});

const LONG = 'x'.repeat(100_000);
const MANY = 400;

describe('readers and the database itself', () => {
  // A server of its own: transactions of other suites would hold events back, and then let many through at once.
  let postgres: PostgresServer;
  let server: TestServer;
  let db: PostgresDb;
  beforeAll(async () => {
    postgres = await startPostgres();
    const databaseUrl = postgres.urlOf('postgres');
    server = await TestServer.start({ databaseUrl, env: { WAPING_SANDBOX: 'off' } });
    db = await openPostgres({ url: databaseUrl, log: createLogger('silent') });
  });
  afterAll(async () => {
    await db[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
    await postgres.stop();
  });

  /** Events of another node, of which this one hears nothing. */
  const record = (count: number, text = '') =>
    recordEvents(
      db,
      Array.from({ length: count }, () => ({
        workspaceId: server.workspaceId,
        deviceId: null,
        subjectId: null,
        type: 'job.succeeded',
        data: { job: newId('job'), text },
      })),
    );

  it('finds within about a second what nobody has told it of', async () => {
    using stream = await Stream.open(`${server.url}/v1/events/stream?types=job.*`, bearer(server.apiKey));
    await stream.until(({ frames }) => frames.length > 0);
    await record(3);
    await stream.until(({ events }) => events.length === 3, SOON_MS);
  });

  it('tells a reader that is too slow, ends its stream, and lets it go on from there', async () => {
    const { hostname, port } = new URL(server.url);
    const socket = connect(Number(port), hostname);
    let text = '';
    socket.on('error', () => undefined);
    const path = '/v1/events/stream?types=job.*';
    socket.write(`GET ${path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${server.apiKey}\r\n\r\n`);
    // The first place says that the stream is open; from then on nobody reads.
    const keep = (piece: Buffer) => {
      text += piece.toString('latin1');
    };
    socket.on('data', keep);
    await expect.poll(() => text.includes('\nid: ')).toBe(true);
    socket.pause();
    for (let n = 0; n < MANY; n += 10) {
      await record(10, LONG);
      await db.notify('waping_wake', 'events');
    }
    // That nothing is read for a while is what this is about.
    await sleep(3_000);
    const ended = new Promise<void>((resolve) => socket.once('close', () => resolve()));
    socket.resume();
    await expect.poll(() => text.includes('event: slow\n'), { timeout: 60_000 }).toBe(true);
    socket.destroy();
    await ended;
    const { frames } = framesIn(unchunked(text));
    const slow = frames.find(({ event }) => event === 'slow');
    expect(slow?.data).toMatchObject({ reason: expect.stringContaining('slowly') });
    const seen = frames.filter(({ event, data }) => event === 'message' && data !== null);
    expect(seen.length).toBeLessThan(MANY);
    const after = String(objectOf({ data: slow?.data }, 'data')['cursor']);
    expect(seen.at(-1)?.id ?? after).toBe(after);
    using rest = await Stream.open(`${server.url}${path}&follow=false&after=${after}`, bearer(server.apiKey));
    await rest.until(({ isOver }) => isOver, 60_000);
    const ids = [...seen.map(({ data }) => data?.['id']), ...rest.events.map((event) => event['id'])];
    expect(ids.length).toBe(MANY);
    expect(new Set(ids).size).toBe(MANY);
  });

  it('tells a reader whose cursor is older than the log which is the oldest', async () => {
    const first = await expectOk(server.api.get('/v1/events?limit=1'));
    const old = String(first['nextCursor']);
    const [last] = await db.query<{ tx: string; sequence: string }>(
      `update workspace w set log_from_tx = e.tx, log_from_sequence = e.sequence
       from (select tx, sequence from event where workspace_id = $1 order by sequence offset 2 limit 1) e
       where w.id = $1 returning w.log_from_tx::text as tx, w.log_from_sequence as sequence`,
      [server.workspaceId],
    );
    expect(last).toBeDefined();
    const refused = errorOf(await server.api.get(`/v1/events?after=${old}`));
    expect(refused).toMatchObject({ code: 'CURSOR_EXPIRED', param: 'after', retryable: false });
    const [detail] = [refused['details']].flat();
    const oldest = String(objectOf({ detail }, 'detail')['message']);
    expect(objectOf({ detail }, 'detail')['param']).toBe('oldestCursor');
    expect(String(refused['message'])).toContain(oldest);
    expect((await server.api.get(`/v1/events?after=${oldest}`)).status).toBe(200);
    expect((await server.api.get('/v1/events?after=0')).status).toBe(200);
    const stream = await Stream.open(`${server.url}/v1/events/stream`, {
      ...bearer(server.apiKey),
      'last-event-id': old,
    });
    expect([stream.status, stream.refusal['code']]).toEqual([410, 'CURSOR_EXPIRED']);
  });

  it('goes on after the database has cut every connection', async () => {
    using before = await Stream.open(`${server.url}/v1/events/stream?types=job.*`, bearer(server.apiKey));
    await before.until(({ frames }) => frames.length > 0);
    const place = before.lastId;
    await db.query(
      'select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()',
    );
    // Our own connections were cut as well.
    const recorded = () =>
      record(2).then(
        () => true,
        () => false,
      );
    await expect.poll(recorded, { timeout: 30_000 }).toBe(true);
    await expect.poll(() => before.isOver || before.events.length === 2, { timeout: 30_000 }).toBe(true);
    const headers = { ...bearer(server.apiKey), 'last-event-id': before.lastId };
    const open = () => Stream.open(`${server.url}/v1/events/stream?types=job.*&follow=false`, headers);
    await expect
      .poll(
        async () => {
          const rest = await open();
          await rest.until(({ isOver, status }) => isOver || status !== 200);
          return before.events.length + rest.events.length;
        },
        { timeout: 30_000 },
      )
      .toBe(2);
    expect(place).not.toBe('');
  });
});

/** The body of a reply in chunks, without their lengths. */
function unchunked(reply: string): string {
  let rest = reply.slice(reply.indexOf('\r\n\r\n') + 4);
  let body = '';
  for (let end = rest.indexOf('\r\n'); end > 0; end = rest.indexOf('\r\n')) {
    const length = Number.parseInt(rest.slice(0, end), 16);
    body += rest.slice(end + 2, end + 2 + length);
    rest = rest.slice(end + 2 + length + 2);
  }
  return body;
}
