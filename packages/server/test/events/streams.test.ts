import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ApiClient, type Json, rowsOf } from '../kit/api.ts';
import { DATABASE_KINDS } from '../kit/db.ts';
import { KeyWorld } from '../kit/keys.ts';
import { join, type PersonClient } from '../kit/person.ts';
import { expectOk } from '../kit/sandbox-device.ts';
import { TestServer } from '../kit/server.ts';
import { Stream } from '../kit/sse.ts';

/** An end to rights is in force within this: a key is known for a second, and a stream asks twice a second. */
const ENDS_MS = 3_000;
const RECONNECTS = 1_000;
const AT_ONCE = 20;

const bearer = (key: string) => ({ authorization: `Bearer ${key}` });
const idsOf = (rows: readonly Json[]) => rows.map((row) => row['id']);

/** Every event of the log, page by page. */
async function wholeLog(api: ApiClient): Promise<Json[]> {
  const rows: Json[] = [];
  for (let after = '0'; ; ) {
    const page = await expectOk(api.get(`/v1/events?limit=100&after=${after}`));
    rows.push(...rowsOf(page));
    if (page['hasMore'] !== true) return rows;
    after = String(page['nextCursor']);
  }
}

describe.each(DATABASE_KINDS)('the stream of events on %s', (kind) => {
  let world: KeyWorld;
  beforeAll(async () => {
    world = await KeyWorld.start(kind);
  });
  afterAll(() => world[Symbol.asyncDispose]());

  const path = (query = '') => `${world.server.url}/v1/events/stream${query}`;
  const open = (query = '', headers: Record<string, string> = {}) =>
    Stream.open(path(query), { ...bearer(world.server.apiKey), ...headers });
  const cookieOf = (person: PersonClient) => [...person.cookies].map(([name, value]) => `${name}=${value}`).join('; ');

  it('shows what is stored, then what comes, each event once and with a cursor that resumes', async () => {
    await world.newDevice();
    using stream = await open('?after=0');
    expect([stream.status, stream.headers.get('content-type')]).toEqual([200, 'text/event-stream']);
    expect(stream.headers.get('access-control-allow-origin')).toBeNull();
    for (let n = 0; n < 5; n += 1) await world.newDevice();
    const log = await wholeLog(world.api);
    await stream.until(({ events }) => events.length >= log.length);
    // A transaction of another test on the same server may hold the last of them back a while.
    expect(stream.events.slice(0, log.length)).toEqual(log);
    const third = stream.frames.filter(({ data }) => data !== null)[2];
    using resumed = await open('?after=0', { 'last-event-id': third?.id ?? '' });
    await resumed.until(({ events }) => events.length >= log.length - 3);
    expect(idsOf(resumed.events).slice(0, log.length - 3)).toEqual(idsOf(log.slice(3)));
  });

  it('begins now without a cursor, and tells the place at once, before any event', async () => {
    const old = await world.newDevice();
    const isShown = async () => (await wholeLog(world.api)).some((event) => event['deviceId'] === old);
    await expect.poll(isShown, { timeout: 30_000 }).toBe(true);
    using stream = await open();
    await stream.until(({ frames }) => frames.length > 0);
    expect(stream.events).toEqual([]);
    const place = stream.lastId;
    expect(place).not.toBe('');
    const deviceId = await world.newDevice();
    await stream.until(({ events }) => events.length > 0);
    expect(stream.events.map((event) => event['deviceId'])).toEqual([deviceId]);
    using again = await open('', { 'last-event-id': place });
    await again.until(({ events }) => events.length > 0);
    expect(idsOf(again.events)).toEqual(idsOf(stream.events));
  });

  it('ends with what is stored where nothing is to be followed', async () => {
    const log = await wholeLog(world.api);
    using stream = await open('?after=0&follow=false');
    await stream.until(({ isOver }) => isOver);
    expect(stream.events.slice(0, log.length)).toEqual(log);
  });

  it('shows the types and the device that were asked for, stored and new', async () => {
    const [mine, other] = [await world.newDevice(), await world.newDevice()];
    using stream = await open(`?after=0&types=device.*&deviceId=${mine}`);
    await stream.until(({ events }) => events.length === 1);
    await expectOk(world.api.call('DELETE', `/v1/devices/${other}`));
    await expectOk(world.api.call('DELETE', `/v1/devices/${mine}`));
    await stream.until(({ events }) => events.some(({ type }) => type === 'device.deleted'));
    expect(stream.events[0]?.['type']).toBe('device.created');
    expect(new Set(stream.events.map((event) => event['deviceId']))).toEqual(new Set([mine]));
    for (const { type } of stream.events) expect(type).toMatch(/^device\./);
    for (const types of ['device', 'device.nothing', '.*', '*', 'nothing.*', 'toString'])
      expect((await open(`?types=${types}`)).refusal).toMatchObject({ code: 'VALIDATION_ERROR', param: 'types' });
  });

  it('shows a key that is limited to devices events of these alone', async () => {
    const [mine, other] = [await world.newDevice(), await world.newDevice()];
    const { api } = await world.make({ scopes: ['events:read'], deviceIds: [mine] });
    using stream = await Stream.open(path('?after=0'), bearer(api.key));
    await stream.until(({ events }) => events.length === 1);
    for (const id of [other, mine]) await expectOk(world.api.call('DELETE', `/v1/devices/${id}`));
    await stream.until(({ events }) => events.some(({ type }) => type === 'device.deleted'));
    expect(new Set(stream.events.map((event) => event['deviceId']))).toEqual(new Set([mine]));
  });

  it('ends soon after its key is revoked, and sends nothing of what happens then', async () => {
    const { id, api } = await world.make({ scopes: ['events:read'] });
    using stream = await Stream.open(path(), bearer(api.key));
    await stream.until(({ frames }) => frames.length > 0);
    await expectOk(world.api.call('DELETE', `/v1/keys/${id}`));
    await stream.until(({ isOver }) => isOver, ENDS_MS);
    const seen = stream.events.length;
    await world.newDevice();
    expect(stream.events.length).toBe(seen);
  });

  it('opens with the session of a person, and ends with it', async () => {
    const person = await join(world.api, `reader-${kind}@example.com`, 'viewer');
    using stream = await Stream.open(path(), { cookie: cookieOf(person) });
    await stream.until(({ frames }) => frames.length > 0);
    const deviceId = await world.newDevice();
    await stream.until(({ events }) => events.some((event) => event['deviceId'] === deviceId));
    expect((await person.post('/v1/auth/sign-out')).status).toBe(204);
    await stream.until(({ isOver }) => isOver, ENDS_MS);
  });

  it('never takes a key in its address', async () => {
    const stream = await Stream.open(path(`?token=${world.server.apiKey}`));
    expect(stream.refusal).toMatchObject({ code: 'UNAUTHORIZED' });
  });

  describe('with a stream token', () => {
    const made = (body: Json, by: ApiClient = world.api) => expectOk(by.post('/v1/events/stream-tokens', body));

    it('shows what the token was made for, however the address is changed, and no other operation takes it', async () => {
      const [mine, other] = [await world.newDevice(), await world.newDevice()];
      const { token, url } = await made({ deviceId: mine, types: ['device.*'] });
      expect(String(url)).toContain(`/v1/events/stream?token=${token}`);
      using stream = await Stream.open(path(`?token=${token}&after=0`));
      using widened = await Stream.open(path(`?token=${token}&after=0&deviceId=${other}`));
      expect(stream.headers.get('access-control-allow-origin')).toBe('*');
      await stream.until(({ events }) => events.length === 1);
      for (const id of [other, mine]) await expectOk(world.api.call('DELETE', `/v1/devices/${id}`));
      await stream.until(({ events }) => events.some(({ type }) => type === 'device.deleted'));
      expect(new Set(stream.events.map((event) => event['deviceId']))).toEqual(new Set([mine]));
      expect(widened.events).toEqual([]);
      const list = await new ApiClient(world.server.url, '').call('GET', `/v1/events?token=${token}`, undefined, {
        authorization: '',
      });
      expect(list.status).toBe(401);
    });

    it('is refused one that was changed, made for another workspace, or has ended', async () => {
      const token = String((await made({}))['token']);
      const at = token.indexOf('.') + 20;
      const changed = `${token.slice(0, at)}${token[at] === 'A' ? 'B' : 'A'}${token.slice(at + 1)}`;
      const elsewhere = token.replace(/^wst_\w{26}/, 'wst_01jd8k3v5q7w9x2y4z6a8b0c1d');
      for (const bad of [changed, elsewhere, 'wst_', 'x'])
        expect((await Stream.open(path(`?token=${bad}`))).refusal, bad).toMatchObject({ code: 'UNAUTHORIZED' });
      for (const expiresIn of [0, 9, 601])
        expect((await world.api.post('/v1/events/stream-tokens', { expiresIn })).status).toBe(400);
    });

    it('ends when the key that made it does, and is no more then', async () => {
      const { id, api } = await world.make({ scopes: ['events:read'] });
      const { token } = await made({}, api);
      using stream = await Stream.open(path(`?token=${token}`));
      await stream.until(({ frames }) => frames.length > 0);
      await expectOk(world.api.call('DELETE', `/v1/keys/${id}`));
      await stream.until(({ isOver }) => isOver, ENDS_MS);
      expect((await Stream.open(path(`?token=${token}`))).refusal).toMatchObject({ code: 'UNAUTHORIZED' });
    });

    it('is no more when its key gets other devices', async () => {
      const [mine, other] = [await world.newDevice(), await world.newDevice()];
      const { id, api } = await world.make({ scopes: ['events:read'], deviceIds: [mine] });
      const { token } = await made({}, api);
      await expectOk(world.change(id, { deviceIds: [mine, other] }));
      await expect
        .poll(async () => (await Stream.open(path(`?token=${token}&follow=false`))).status, { timeout: ENDS_MS })
        .toBe(401);
    });

    it('is made by a person too, and ends with the session', async () => {
      const person = await join(world.api, `browser-${kind}@example.com`, 'agent');
      const { token } = await made({ types: ['device.created'] }, person);
      using stream = await Stream.open(path(`?token=${token}`));
      await stream.until(({ frames }) => frames.length > 0);
      const deviceId = await world.newDevice();
      await stream.until(({ events }) => events.some((event) => event['deviceId'] === deviceId));
      expect((await person.post('/v1/auth/sign-out')).status).toBe(204);
      await stream.until(({ isOver }) => isOver, ENDS_MS);
    });
  });

  it('is there for the thousandth reader who comes back with an old cursor', async () => {
    const first = await expectOk(world.api.get('/v1/events?limit=1'));
    const after = String(first['nextCursor']);
    const [second = {}] = rowsOf(await expectOk(world.api.get(`/v1/events?limit=1&after=${after}`)));
    const comeBack = async () => {
      using stream = await open('', { 'last-event-id': after });
      await stream.until(({ events }) => events.length > 0);
      expect(stream.events[0]?.['id']).toBe(second['id']);
    };
    for (let n = 0; n < RECONNECTS; n += AT_ONCE) await Promise.all(Array.from({ length: AT_ONCE }, comeBack));
    using last = await open();
    await last.until(({ frames }) => frames.length > 0);
    const deviceId = await world.newDevice();
    await last.until(({ events }) => events.some((event) => event['deviceId'] === deviceId));
  });
});

it.each(['stop', 'kill'] as const)('over a %s of the server nothing is lost and nothing comes twice', async (how) => {
  await using first = await TestServer.start({ env: { WAPING_SANDBOX: 'off' } });
  const make = (server: TestServer) => server.api.post('/v1/devices', { label: 'One', network: 'sandbox' });
  using before = await Stream.open(`${first.url}/v1/events/stream?after=0`, bearer(first.apiKey));
  await before.until(({ frames }) => frames.length > 0);
  const busy = Array.from({ length: 40 }, () => make(first).catch(() => null));
  await before.until(({ events }) => events.length > 5);
  await first[how]();
  await Promise.all(busy);
  await before.until(({ isOver }) => isOver);
  await using second = await first.again();
  const seen = [...before.events];
  using after = await Stream.open(`${second.url}/v1/events/stream?after=0`, {
    ...bearer(second.apiKey),
    'last-event-id': before.lastId,
  });
  for (let n = 0; n < 5; n += 1) await expectOk(make(second));
  const log = await wholeLog(second.api);
  await after.until(({ events }) => seen.length + events.length >= log.length);
  seen.push(...after.events);
  expect(idsOf(seen)).toEqual(idsOf(log));
});
