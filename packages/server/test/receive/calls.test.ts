import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { errorOf, type Json, objectOf, rowsOf } from '../kit/api.ts';
import { misfitsIn } from '../kit/events.ts';
import { expectOk, linkSandboxDevice } from '../kit/sandbox-device.ts';
import { TestServer } from '../kit/server.ts';

const SHOP = '+15550821';
const ADA = '+15550822';
let server: TestServer;
let deviceId: string;

beforeAll(async () => {
  server = await TestServer.start();
  deviceId = await linkSandboxDevice(server.api, SHOP);
  await expectOk(server.api.post('/v1/sandbox/phones', { phone: ADA }));
});
afterAll(() => server[Symbol.asyncDispose]());

const ring = async (video = false) => {
  const before = rowsOf(await expectOk(server.api.get('/v1/calls?limit=100'))).length;
  const made = await expectOk(server.api.post(`/v1/sandbox/phones/${ADA}/calls`, { to: SHOP, video }));
  const list = await server.api.until('/v1/calls?limit=100', (body) => rowsOf(body).length > before);
  return { waId: String(made['id']), call: rowsOf(list)[0] ?? {} };
};
const end = (waId: string, how: string, phone = ADA) =>
  expectOk(server.api.post(`/v1/sandbox/phones/${phone}/calls/${waId}/end`, { how }));
const ended = (id: unknown) => server.api.until(`/v1/calls/${id}`, (call) => call['state'] === 'ended');
const phoneCall = async (waId: string) =>
  rowsOf(await expectOk(server.api.get(`/v1/sandbox/phones/${ADA}/calls`))).find((one) => one['id'] === waId);
const told = async (type: string) =>
  rowsOf(await expectOk(server.api.get(`/v1/events?types=${type}&limit=100`))).map((one) =>
    objectOf(objectOf(one, 'data'), 'call'),
  );
const idOf = (call: Json) => call['id'];

describe('a call to the account', () => {
  it('is told of as it rings, with who calls', async () => {
    const { call, waId } = await ring(true);
    expect(call).toMatchObject({ deviceId, phone: ADA, state: 'offered', video: true, endReason: null, endedAt: null });
    const chat = await expectOk(server.api.get(`/v1/conversations/${call['conversationId']}`));
    expect(chat).toMatchObject({ contactId: call['contactId'], phone: ADA });
    expect(await told('call.offered')).toContainEqual(call);
    await end(waId, 'hang_up');
    expect(await ended(call['id'])).toMatchObject({ endReason: 'ended', endedAt: expect.any(String) });
    const ends = (await told('call.ended')).filter((one) => idOf(one) === idOf(call));
    expect(ends).toMatchObject([{ endReason: 'ended' }]);
  });

  it.each([
    ['timeout', ADA, 'timeout'],
    ['answer', SHOP, 'accepted_elsewhere'],
    ['reject', SHOP, 'rejected'],
  ])('that ends by %s says why', async (how, phone, reason) => {
    const { call, waId } = await ring();
    await end(waId, how, phone);
    expect(await ended(call['id'])).toMatchObject({ endReason: reason });
  });

  it('can be rejected, once, and then rings nowhere', async () => {
    const { call, waId } = await ring();
    const rejected = await expectOk(server.api.post(`/v1/calls/${call['id']}/reject`));
    expect(rejected).toMatchObject({ id: call['id'], state: 'ended', endReason: 'rejected' });
    expect(await phoneCall(waId)).toMatchObject({ end: 'reject' });
    const again = await server.api.post(`/v1/calls/${call['id']}/reject`);
    expect([again.status, errorOf(again)['code']]).toEqual([409, 'CONFLICT']);
    expect((await server.api.post('/v1/calls/call_00000000000000000000000000/reject')).status).toBe(404);
    expect((await told('call.ended')).filter((one) => idOf(one) === idOf(call))).toHaveLength(1);
  });

  it('is rejected at once where the device takes none', async () => {
    const changed = await expectOk(server.api.call('PATCH', `/v1/devices/${deviceId}`, { rejectCalls: true }));
    expect(changed).toMatchObject({ rejectCalls: true });
    const { call, waId } = await ring();
    expect(await ended(call['id'])).toMatchObject({ endReason: 'rejected' });
    expect(await phoneCall(waId)).toMatchObject({ end: 'reject' });
    await expectOk(server.api.call('PATCH', `/v1/devices/${deviceId}`, { rejectCalls: false }));
    const next = await ring();
    expect(next.call).toMatchObject({ state: 'offered' });
    await end(next.waId, 'hang_up');
  });

  it('can be listed by state and chat', async () => {
    const { call, waId } = await ring();
    const ringing = rowsOf(
      await expectOk(server.api.get(`/v1/calls?state=offered&conversationId=${call['conversationId']}`)),
    );
    expect(ringing.map(idOf)).toEqual([call['id']]);
    await end(waId, 'hang_up');
    await ended(call['id']);
    expect(rowsOf(await expectOk(server.api.get('/v1/calls?state=offered')))).toEqual([]);
  });
});

it('every event of all this is as its type is described', async () => {
  expect(await misfitsIn(server.api)).toEqual([]);
});
