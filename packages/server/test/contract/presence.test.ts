import { afterAll, beforeAll, expect, it } from 'vitest';
import { errorOf, type Json, objectOf, rowsOf } from '../kit/api.ts';
import { misfitsIn } from '../kit/events.ts';
import { sandboxControl } from '../kit/sandbox-control.ts';
import { expectOk, linkSandboxDevice } from '../kit/sandbox-device.ts';
import { TestServer } from '../kit/server.ts';

const SHOP = '+15550001000';
const ADA = '+15550002000';
const BEN = '+15550002001';

let server: TestServer;
let deviceId: string;
let ada: string;
let ben: string;

const contactOf = async (phone: string): Promise<string> => {
  const body = { deviceId, to: phone, type: 'text', text: { body: 'Hello' } };
  return String((await expectOk(server.api.post('/v1/messages', body)))['contactId']);
};

beforeAll(async () => {
  server = await TestServer.start();
  deviceId = await linkSandboxDevice(server.api, SHOP);
  for (const phone of [ADA, BEN]) await expectOk(server.api.post('/v1/sandbox/phones', { phone, name: phone }));
  ada = await contactOf(ADA);
  ben = await contactOf(BEN);
});
afterAll(() => server[Symbol.asyncDispose]());

const path = () => `/v1/devices/${deviceId}/presence-subscriptions`;
const types = (phone: string, state: string) =>
  expectOk(server.api.post(`/v1/sandbox/phones/${phone}/typing`, { to: SHOP, state }));
const online = (phone: string, on: boolean) =>
  expectOk(server.api.post(`/v1/sandbox/phones/${phone}/online`, { online: on }));
const EVENTS = '/v1/events?types=presence.changed&limit=100';
const changesIn = (body: Json, contactId: string) =>
  rowsOf(body)
    .map((event) => objectOf(event, 'data'))
    .filter((data) => data['contactId'] === contactId);
/** The changes told of a contact, once there is one of this state. */
const told = async (contactId: string, state: string) =>
  changesIn(
    await server.api.until(EVENTS, (body) => changesIn(body, contactId).some((one) => one['state'] === state)),
    contactId,
  );

it('a contact that is followed is told of: online, typing, recording, gone with when that was', async () => {
  const first = await expectOk(server.api.post(path(), { contactId: ada, seconds: 600 }));
  expect(first).toMatchObject({ contactId: ada });
  const until = new Date(String(first['expiresAt'])).getTime() - Date.now();
  expect(until).toBeGreaterThan(500_000);
  expect(until).toBeLessThanOrEqual(600_000);
  expect(await told(ada, 'available')).toMatchObject([{ deviceId, contactId: ada, lastSeen: null }]);
  await types(ADA, 'composing');
  await told(ada, 'composing');
  await types(ADA, 'recording');
  await told(ada, 'recording');
  await online(ADA, false);
  const gone = (await told(ada, 'unavailable')).find((one) => one['state'] === 'unavailable');
  expect(Math.abs(Date.now() - new Date(String(gone?.['lastSeen'])).getTime())).toBeLessThan(60_000);
  const known = rowsOf(await expectOk(server.api.get(path())));
  expect(known).toMatchObject([{ contactId: ada, state: 'unavailable', lastSeen: gone?.['lastSeen'] }]);
  await online(ADA, true);
});

it('many changes in a moment are few events, and the last one is among them', async () => {
  await expectOk(server.api.post(path(), { contactId: ben }));
  await told(ben, 'available');
  const before = changesIn((await server.api.get(EVENTS)).body, ben).length;
  for (let at = 0; at < 20; at += 1) await types(BEN, at % 2 === 0 ? 'composing' : 'paused');
  await types(BEN, 'recording');
  const after = await told(ben, 'recording');
  expect(after.length - before).toBeLessThanOrEqual(4);
});

it('is followed again after the connection was lost', async () => {
  const control = await sandboxControl(server.dataDir);
  await control.call('connections.kick', { number: SHOP });
  await server.api.until(`/v1/events?types=device.disconnected`, (body) => rowsOf(body).length > 0);
  await server.api.until(`/v1/devices/${deviceId}`, (body) => body['state'] === 'connected');
  await server.api.until(path(), (body) => rowsOf(body).every((one) => one['state'] === 'available'));
  const before = changesIn((await server.api.get(EVENTS)).body, ada).length;
  await types(ADA, 'recording');
  await server.api.until(EVENTS, (body) => changesIn(body, ada).length > before);
});

it('is told of no more once it is not wanted', async () => {
  expect((await server.api.call('DELETE', `${path()}/${ben}`)).status).toBe(204);
  expect(rowsOf(await expectOk(server.api.get(path()))).map((one) => one['contactId'])).toEqual([ada]);
  const before = changesIn((await server.api.get(EVENTS)).body, ben).length;
  await types(BEN, 'composing');
  const others = changesIn((await server.api.get(EVENTS)).body, ada).length;
  await types(ADA, 'composing');
  await server.api.until(EVENTS, (body) => changesIn(body, ada).length > others);
  expect(changesIn((await server.api.get(EVENTS)).body, ben)).toHaveLength(before);
});

it('is refused for a stranger, and while the device is not connected', async () => {
  const nobody = await server.api.post(path(), { contactId: 'con_01jd8k3v5q7w9x2y4z6a8b0c1d' });
  expect([nobody.status, errorOf(nobody)['param']]).toEqual([404, 'contactId']);
  const ended = await server.api.call('DELETE', `${path()}/con_01jd8k3v5q7w9x2y4z6a8b0c1d`);
  expect([ended.status, errorOf(ended)['param']]).toEqual([404, 'contactId']);
  const long = await server.api.post(path(), { contactId: ada, seconds: 86_401 });
  expect([long.status, errorOf(long)['param']]).toEqual([400, 'seconds']);
  const { id } = await expectOk(server.api.post('/v1/devices', { label: 'Away', network: 'sandbox' }));
  const away = await server.api.post(`/v1/devices/${id}/presence-subscriptions`, { contactId: ada });
  expect([away.status, errorOf(away)['code']]).toEqual([409, 'SESSION_DISCONNECTED']);
});

it('every event of all this is as its type is described', async () => {
  expect(await misfitsIn(server.api)).toEqual([]);
});
