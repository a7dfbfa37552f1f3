import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { errorOf, type Json, objectOf, rowsOf } from '../kit/api.ts';
import { expectOk, linkSandboxDevice } from '../kit/sandbox-device.ts';
import { TestServer } from '../kit/server.ts';

/** Each to a simulated phone of its own, which is made for it. */
const BULK = 300;
const SHOP = '+15550001000';
/** Magic numbers that deliver and read. */
const customer = (n: number) => `+9990${String(n).padStart(7, '0')}01`;

let server: TestServer;
let deviceId: string;

beforeAll(async () => {
  server = await TestServer.start({ env: { WAPING_RATE_LIMIT: '100000', WAPING_RATE_LIMITS: 'send=800' } });
  deviceId = await linkSandboxDevice(server.api, SHOP);
});
afterAll(() => server[Symbol.asyncDispose]());

const message = (to: string, extra: Json = {}): Json => ({
  deviceId,
  to,
  type: 'text',
  text: { body: 'Hi' },
  ...extra,
});
const statuses = async (id: unknown) =>
  rowsOf(await expectOk(server.api.get(`/v1/messages/${id}/timeline`))).map((row) => row['status']);

describe('a message with sendAt', () => {
  it('is scheduled, leaves at its time and not before, and tells each step', async () => {
    const sendAt = new Date(Date.now() + 3_000);
    const accepted = await expectOk(
      server.api.post('/v1/messages', message(customer(1), { sendAt: sendAt.toISOString() })),
    );
    expect(accepted).toMatchObject({ status: 'scheduled', heldReason: null, nextAttemptAt: sendAt.toISOString() });
    const id = accepted['id'];
    const read = await server.api.until(`/v1/messages/${id}`, (body) => body['status'] === 'read');
    expect(Date.parse(String(read['sentAt']))).toBeGreaterThanOrEqual(Math.floor(sendAt.getTime() / 1000) * 1000);
    expect(await statuses(id)).toEqual(['scheduled', 'queued', 'sending', 'sent', 'delivered', 'read']);
  });

  it('can be canceled, once', async () => {
    const sendAt = new Date(Date.now() + 3600_000).toISOString();
    const { id } = await expectOk(server.api.post('/v1/messages', message(customer(2), { sendAt })));
    expect(await expectOk(server.api.post(`/v1/messages/${id}/cancel`))).toMatchObject({ id, status: 'canceled' });
    const again = await server.api.post(`/v1/messages/${id}/cancel`);
    expect([again.status, errorOf(again)['code']]).toEqual([409, 'CONFLICT']);
    expect(await statuses(id)).toEqual(['scheduled', 'canceled']);
  });

  it('is refused with a time that has passed, and cannot be canceled once it is sent', async () => {
    const late = await server.api.post('/v1/messages', message(customer(3), { sendAt: '2020-01-01T00:00:00Z' }));
    expect([late.status, errorOf(late)['param']]).toEqual([400, 'sendAt']);
    const { id } = await expectOk(server.api.post('/v1/messages', message(customer(3))));
    await server.api.until(`/v1/messages/${id}`, (body) => body['status'] === 'read');
    expect((await server.api.post(`/v1/messages/${id}/cancel`)).status).toBe(409);
  });
});

describe('a batch', () => {
  it('costs the limits on sending as many as it holds, and one that can never pass says so', async () => {
    const batch = (count: number) =>
      server.api.post('/v1/messages/batch', {
        messages: Array.from({ length: count }, (_, n) =>
          message(customer(100 + n), { sendAt: new Date(Date.now() + 3600_000).toISOString() }),
        ),
      });
    const left = (headers: Headers) => Number(/"send";r=(\d+)/.exec(headers.get('ratelimit') ?? '')?.[1]);
    const first = await batch(3);
    const second = await batch(7);
    expect([first.status, second.status]).toEqual([202, 202]);
    // Where a window of a minute ends between the two, the second starts from the whole.
    expect([left(first.headers) - 7, 800 - 7]).toContain(left(second.headers));
    const third = await batch(801);
    expect([third.status, String(errorOf(third)['message'])]).toEqual([429, expect.stringContaining('never passes')]);
  });

  it('of bulk messages is overtaken by an otp that comes after it', async () => {
    const bulk = Array.from({ length: BULK }, (_, n) => message(customer(2_000 + n), { priority: 'bulk' }));
    const sent = await expectOk(server.api.post('/v1/messages/batch', { messages: bulk }));
    expect([sent['accepted'], sent['refused']]).toEqual([BULK, 0]);
    const otp = await expectOk(server.api.post('/v1/messages', message(customer(9_999), { priority: 'otp' })));
    const last = rowsOf(sent).at(-1)?.['id'];
    const gone = ['sent', 'delivered', 'read'];
    await server.api.until(`/v1/messages/${last}`, (body) => gone.includes(String(body['status'])), 150_000);
    const order: string[] = [];
    for (let after = ''; ; ) {
      const page = await expectOk(server.api.get(`/v1/events?limit=100&types=message.queued,message.sent${after}`));
      for (const row of rowsOf(page)) {
        const { id } = objectOf(objectOf(row, 'data'), 'message');
        order.push(`${row['type']} ${id}`);
      }
      if (page['hasMore'] !== true) break;
      after = `&after=${page['nextCursor']}`;
    }
    const accepted = order.indexOf(`message.queued ${otp['id']}`);
    const left = order.indexOf(`message.sent ${otp['id']}`);
    const isBulkSent = (entry: string) => entry.startsWith('message.sent') && !entry.endsWith(String(otp['id']));
    const before = order.slice(accepted, left).filter(isBulkSent).length;
    const behind = order.slice(left).filter(isBulkSent).length;
    console.log(`an otp behind ${BULK} bulk messages: ${before} left before it, ${behind} after it`);
    // What was on the way already, and what was acked beside it.
    expect(before).toBeLessThan(BULK / 3);
    expect(behind).toBeGreaterThan(BULK / 2);
  });
});
