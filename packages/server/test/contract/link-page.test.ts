import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { errorOf, type Json } from '../kit/api.ts';
import { signedIn } from '../kit/person.ts';
import { expectOk } from '../kit/sandbox-device.ts';
import { TestServer } from '../kit/server.ts';

let server: TestServer;
let phones = 0;

beforeAll(async () => {
  server = await TestServer.start({ env: { WAPING_RATE_LIMIT: '1000000' } });
});
afterAll(() => server[Symbol.asyncDispose]());

const newDevice = async () =>
  String((await expectOk(server.api.post('/v1/devices', { label: 'Device', network: 'sandbox' })))['id']);

async function newPhone(): Promise<string> {
  phones += 1;
  const phone = `+1555300${String(phones).padStart(4, '0')}`;
  await expectOk(server.api.post('/v1/sandbox/phones', { phone }));
  return phone;
}

/** The steps of a stream of link events until it ends. */
async function stepsOf(response: Response): Promise<Json[]> {
  const text = await response.text();
  return text
    .split('\n\n')
    .filter((event) => event.startsWith('event: link\ndata: '))
    .map((event) => JSON.parse(event.slice('event: link\ndata: '.length)));
}

/** A stream of link events, and whether it has ended. */
async function follow(deviceId: string, headers: Record<string, string>) {
  const hangUp = new AbortController();
  const { signal } = hangUp;
  const response = await fetch(`${server.url}/v1/devices/${deviceId}/link/events`, { headers, signal });
  const stream = { status: response.status, over: false, hangUp };
  const end = () => {
    stream.over = true;
  };
  response.text().then(end, end);
  return stream;
}

const write = (url: string, path: string, body: unknown = {}, headers: Record<string, string> = {}) =>
  fetch(`${url}/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-waping-csrf': '1', ...headers },
    body: JSON.stringify(body),
  });

describe('the progress of a link', () => {
  it('streams each step once, with the code to show, and ends with the link', async () => {
    const [deviceId, phone] = [await newDevice(), await newPhone()];
    await expectOk(server.api.post(`/v1/devices/${deviceId}/link`, { method: 'qr' }));
    const stream = await fetch(`${server.url}/v1/devices/${deviceId}/link/events`, {
      headers: { authorization: `Bearer ${server.apiKey}` },
    });
    expect(stream.headers.get('content-type')).toBe('text/event-stream');
    const steps = stepsOf(stream);
    const qr = await expectOk(server.api.get(`/v1/devices/${deviceId}/qr`));
    await expectOk(server.api.post(`/v1/sandbox/phones/${phone}/scan`, { qr: qr['qr'] }));
    const seen = await steps;
    expect(seen.at(-1)).toMatchObject({ deviceId, step: 'linked', state: 'connected', qr: null, code: null });
    const texts = seen.map((progress) => JSON.stringify(progress));
    expect(new Set(texts).size).toBe(texts.length);
    for (const { step, qr: text } of seen) expect(step === 'waiting').toBe(typeof text === 'string');
  });

  it('answers how it stands and ends where nothing is being linked', async () => {
    const deviceId = await newDevice();
    const stream = await fetch(`${server.url}/v1/devices/${deviceId}/link/events`, {
      headers: { authorization: `Bearer ${server.apiKey}` },
    });
    expect(await stepsOf(stream)).toMatchObject([{ step: 'ended', state: 'unlinked', stateReason: 'created' }]);
    expect((await server.api.get('/v1/devices/dev_none/link/events')).status).toBe(404);
  });

  it('is told no more to a key that is revoked or moved to other devices, or to a session that has ended', async () => {
    const [deviceId, other] = [await newDevice(), await newDevice()];
    await expectOk(server.api.post(`/v1/devices/${deviceId}/link`, { method: 'qr' }));
    const key = (rights: Json) =>
      expectOk(server.api.post('/v1/keys', { name: 'R', scopes: ['devices:write'], ...rights }));
    const [revoked, moved] = [await key({}), await key({ deviceIds: [deviceId] })];
    const person = await signedIn(server.url, server.owner);
    const cookie = [...person.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const by = (one: unknown) => follow(deviceId, { authorization: `Bearer ${one}` });
    const kept = await by(server.apiKey);
    const others = [await by(revoked['apiKey']), await by(moved['apiKey']), await follow(deviceId, { cookie })];
    expect(others.map(({ status, over }) => [status, over])).toEqual(others.map(() => [200, false]));
    expect((await server.api.call('DELETE', `/v1/keys/${revoked['id']}`)).status).toBe(204);
    await expectOk(server.api.call('PATCH', `/v1/keys/${moved['id']}`, { deviceIds: [other] }));
    await expectOk(person.post('/v1/auth/sign-out'));
    const ended = () => others.map(({ over }) => over);
    await expect.poll(ended, { timeout: 30_000 }).toEqual([true, true, true]);
    expect(kept.over).toBe(false);
    kept.hangUp.abort();
  });

  it('does not hold a shutdown', async () => {
    await using own = await TestServer.start();
    const device = await expectOk(own.api.post('/v1/devices', { label: 'Device', network: 'sandbox' }));
    await expectOk(own.api.post(`/v1/devices/${device['id']}/link`, { method: 'qr' }));
    const stream = await fetch(`${own.url}/v1/devices/${device['id']}/link/events`, {
      headers: { authorization: `Bearer ${own.apiKey}` },
    });
    const read = stream.text().then(
      () => 'ended',
      () => 'broken off',
    );
    await own.stop();
    expect(await read).toBe('broken off');
  });
});

describe('a hosted link page', () => {
  const path = (deviceId: string) => `/v1/devices/${deviceId}/link-page`;

  it('has an address that is shown once, and one page of a device works at a time', async () => {
    const deviceId = await newDevice();
    const headers = { 'idempotency-key': 'page-1' };
    const made = await server.api.post(path(deviceId), { expiresIn: 600 }, headers);
    expect(made.status).toBe(201);
    expect(made.body['url']).toMatch(new RegExp(`^${server.url}/link/[\\w-]{43}$`));
    const again = await server.api.post(path(deviceId), { expiresIn: 600 }, headers);
    expect(again.body).toEqual({ ...made.body, url: null });
    const shown = await expectOk(server.api.get(path(deviceId)));
    expect(shown).toMatchObject({ id: made.body['id'], status: 'open', openedAt: null });
    expect(JSON.stringify(shown)).not.toContain(String(made.body['url']).slice(-43));
    const next = await expectOk(server.api.post(path(deviceId), {}));
    expect(await (await write(String(made.body['url']), 'open')).json()).toMatchObject({
      step: 'expired',
      label: null,
    });
    expect(await (await write(String(next['url']), 'open')).json()).toMatchObject({ step: 'ready', label: 'Device' });
  });

  it('refuses a time out of bounds and a device of nobody', async () => {
    const deviceId = await newDevice();
    for (const expiresIn of [599, 86_401, '600', 1.5])
      expect(errorOf(await server.api.post(path(deviceId), { expiresIn }))['param']).toBe('expiresIn');
    expect((await server.api.post(path('dev_none'), {})).status).toBe(404);
    expect((await server.api.get(path(deviceId))).status).toBe(404);
    expect((await server.api.call('DELETE', path(deviceId))).status).toBe(204);
    expect((await server.api.call('DELETE', path('dev_none'))).status).toBe(404);
  });

  it('says nothing and starts nothing without its browser’s cookie, from another site, or with a made-up address', async () => {
    const deviceId = await newDevice();
    const url = String((await expectOk(server.api.post(path(deviceId), {})))['url']);
    const opened = await write(url, 'open');
    const cookie = (opened.headers.get('set-cookie') ?? '').split(';')[0] ?? '';
    expect(opened.headers.get('set-cookie')).toMatch(/; HttpOnly; SameSite=Lax/);
    expect((await write(url, 'start', { method: 'qr' })).status).toBe(404);
    expect((await write(url, 'start', { method: 'qr' }, { cookie, 'sec-fetch-site': 'cross-site' })).status).toBe(403);
    expect(await (await write(url, 'open')).json()).toMatchObject({ step: 'taken', label: null });
    expect(await stepsOf(await fetch(`${url}/events`))).toMatchObject([{ step: 'taken', image: null }]);
    const madeUp = `${server.url}/link/${'A'.repeat(43)}`;
    expect((await fetch(madeUp)).status).toBe(200);
    expect(await (await write(madeUp, 'open')).json()).toMatchObject({ step: 'expired' });
    expect((await write(madeUp, 'start', { method: 'qr' }, { cookie })).status).toBe(404);
    const bad = await write(url, 'start', { method: 'code', phone: 'none' }, { cookie });
    expect(bad.status).toBe(400);
    expect((await expectOk(server.api.get(`/v1/devices/${deviceId}`)))['state']).toBe('unlinked');
    expect((await write(url, 'start', { method: 'qr' }, { cookie })).status).toBe(204);
    const entries = await expectOk(server.api.get('/v1/audit?action=devices.linkFromPage'));
    expect(JSON.stringify(entries)).toContain(deviceId);
    expect(JSON.stringify(entries)).not.toContain(url.slice(-43));
  });
});
