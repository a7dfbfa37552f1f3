import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { errorOf, type Json, rowsOf } from '../kit/api.ts';
import { expectOk } from '../kit/sandbox-device.ts';
import { TestServer } from '../kit/server.ts';

const ROWS = 23;
const ALICE = '+15550001000';
const BOB = '+15550002000';

let server: TestServer;
let devices: string[];
let sent: Json[];

async function newDevice(label: string): Promise<string> {
  return String((await expectOk(server.api.post('/v1/devices', { label, network: 'sandbox' })))['id']);
}

// Held, since its device is not linked: a message at the price of one request.
async function hold(deviceId: string, to: string, extra: Json = {}): Promise<Json> {
  const body = { deviceId, to, type: 'text', text: { body: 'x' }, requireOnline: false, ...extra };
  return expectOk(server.api.post('/v1/messages', body));
}

beforeAll(async () => {
  server = await TestServer.start({ env: { WAPING_RATE_LIMIT: '1000000' } });
  devices = [await newDevice('One'), await newDevice('Two')];
  sent = [];
  for (let i = 0; i < ROWS; i++)
    sent.push(await hold(devices[i % 2] ?? '', i % 3 === 0 ? ALICE : BOB, { clientRef: `ref-${i % 5}` }));
});
afterAll(() => server[Symbol.asyncDispose]());

interface Walk {
  limit: number;
  order: 'asc' | 'desc';
  query?: string;
  /** Called after every page: what others do meanwhile. */
  meanwhile?: () => Promise<unknown>;
}

/** Every row of a list, page by page. */
async function walk(path: string, { limit, order, query = '', meanwhile }: Walk): Promise<Json[]> {
  const rows: Json[] = [];
  let cursor = '';
  for (;;) {
    const body = await expectOk(server.api.get(`${path}?limit=${limit}&order=${order}${query}${cursor}`));
    const page = rowsOf(body);
    rows.push(...page);
    expect(page.length).toBeLessThanOrEqual(limit);
    expect(body['hasMore'] === true).toBe(body['nextCursor'] !== null);
    if (body['hasMore'] !== true) return rows;
    expect(page).toHaveLength(limit);
    cursor = `&cursor=${body['nextCursor']}`;
    await meanwhile?.();
  }
}

const idsOf = (rows: Json[]) => rows.map((row) => String(row['id']));

describe('a list, page by page', () => {
  it('is the whole set, once each and in order, whatever the page size, while rows arrive', async () => {
    const page = fc.record({ limit: fc.integer({ min: 1, max: 40 }), order: fc.constantFrom('asc', 'desc') });
    await fc.assert(
      fc.asyncProperty(page, async ({ limit, order }) => {
        const before = idsOf(await walk('/v1/messages', { limit: 100, order: 'asc' }));
        let arriving = 8;
        const meanwhile = async () => arriving-- > 0 && hold(devices[0] ?? '', BOB);
        const seen = idsOf(await walk('/v1/messages', { limit, order, meanwhile }));
        expect(new Set(seen).size).toBe(seen.length);
        expect(seen.filter((id) => before.includes(id))).toEqual(order === 'asc' ? before : before.toReversed());
        expect(seen).toEqual(order === 'asc' ? [...seen].sort() : [...seen].sort().toReversed());
      }),
      { numRuns: 12 },
    );
  });

  it.each(['/v1/devices', '/v1/contacts', '/v1/conversations'])('holds for %s', async (path) => {
    const whole = idsOf(await walk(path, { limit: 100, order: 'asc' }));
    expect(whole.length).toBeGreaterThan(1);
    expect(idsOf(await walk(path, { limit: 1, order: 'asc' }))).toEqual(whole);
    expect(idsOf(await walk(path, { limit: 1, order: 'desc' }))).toEqual(whole.toReversed());
  });

  it('holds for the event log, whose cursor stays usable at its end', async () => {
    const whole = rowsOf(await expectOk(server.api.get('/v1/events?limit=100')));
    const seen: Json[] = [];
    let after = '';
    while (seen.length < whole.length) {
      const body = await expectOk(server.api.get(`/v1/events?limit=7${after}`));
      seen.push(...rowsOf(body));
      after = `&after=${body['nextCursor']}`;
    }
    expect(idsOf(seen).slice(0, whole.length)).toEqual(idsOf(whole));
    let end = await expectOk(server.api.get(`/v1/events?limit=100${after}`));
    while (end['hasMore'] === true)
      end = await expectOk(server.api.get(`/v1/events?limit=100&after=${end['nextCursor']}`));
    const resume = `/v1/events?after=${end['nextCursor']}`;
    expect(await expectOk(server.api.get(resume))).toMatchObject({ data: [], nextCursor: end['nextCursor'] });
    await hold(devices[0] ?? '', ALICE, { clientRef: 'after-the-end' });
    await server.api.until(resume, (body) => JSON.stringify(rowsOf(body)).includes('after-the-end'));
  });
});

describe('filters of the messages', () => {
  const filtered = (query: string) => walk('/v1/messages', { limit: 100, order: 'asc', query: `&${query}` });

  it.each([
    ['deviceId', () => String(devices[1])],
    ['clientRef', () => 'ref-3'],
    ['phone', () => encodeURIComponent(ALICE)],
    ['conversationId', () => String(sent[0]?.['conversationId'])],
    ['status', () => 'held'],
    ['direction', () => 'outbound'],
  ])('%s narrows to exactly the rows that have it', async (name, value) => {
    const all = await walk('/v1/messages', { limit: 100, order: 'asc' });
    const wanted = all.filter((row) => String(row[name]) === decodeURIComponent(value()));
    expect(wanted.length).toBeGreaterThan(0);
    expect(idsOf(await filtered(`${name}=${value()}`))).toEqual(idsOf(wanted));
  });

  it('narrow further together, and to nothing where nothing fits', async () => {
    const both = await filtered(`deviceId=${devices[0]}&phone=${encodeURIComponent(ALICE)}&clientRef=ref-0`);
    const wanted = sent.filter(
      (m) => m['deviceId'] === devices[0] && m['phone'] === ALICE && m['clientRef'] === 'ref-0',
    );
    expect(idsOf(both)).toEqual(idsOf(wanted));
    expect(await filtered('direction=inbound')).toEqual([]);
    expect(await filtered('status=read')).toEqual([]);
    expect(await filtered('clientRef=nobody')).toEqual([]);
  });

  it.each([
    'status=nothing',
    'direction=up',
    'deviceId=msg_1',
    'phone=123',
    'limit=0',
    'limit=101',
    'limit=ten',
    'order=up',
  ])('refuse %s', async (query) => {
    const reply = await server.api.get(`/v1/messages?${query}`);
    expect([reply.status, errorOf(reply)['param']]).toEqual([400, query.split('=')[0]]);
  });
});

describe('a cursor', () => {
  it.each([
    ['/v1/messages', 'direction=outbound', 'direction=inbound'],
    ['/v1/messages', 'status=held', ''],
    ['/v1/messages', '', 'clientRef=ref-1'],
    ['/v1/devices', '', 'state=unlinked'],
    ['/v1/contacts', '', `phone=${encodeURIComponent(ALICE)}`],
    ['/v1/conversations', '', 'deviceId=dev_01jd8k3v5q7w9x2y4z6a8b0c1d'],
    ['/v1/messages', 'order=asc', 'order=desc'],
  ])('of %s?%s is refused with %j', async (path, given, other) => {
    const { nextCursor } = await expectOk(server.api.get(`${path}?limit=1&${given}`));
    expect((await server.api.get(`${path}?limit=1&${given}&cursor=${nextCursor}`)).status).toBe(200);
    const reply = await server.api.get(`${path}?limit=1&${other}&cursor=${nextCursor}`);
    expect([reply.status, errorOf(reply)['param']]).toEqual([400, 'cursor']);
  });

  it('may be used with another page size', async () => {
    const { nextCursor } = await expectOk(server.api.get('/v1/messages?limit=2'));
    expect(rowsOf(await expectOk(server.api.get(`/v1/messages?limit=5&cursor=${nextCursor}`)))).toHaveLength(5);
  });
});
