import { inflateSync } from 'node:zlib';
import { encode } from 'uqr';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { errorOf, type Json, objectOf, type Reply } from '../kit/api.ts';
import { expectOk, linkSandboxDevice } from '../kit/sandbox-device.ts';
import { TestServer } from '../kit/server.ts';

const PATIENT = { timeout: 60_000 };

let server: TestServer;
let phones = 0;

beforeAll(async () => {
  server = await TestServer.start();
});
afterAll(() => server[Symbol.asyncDispose]());

async function newDevice(label = 'Device'): Promise<string> {
  return String((await expectOk(server.api.post('/v1/devices', { label, network: 'sandbox' })))['id']);
}

async function newPhone(): Promise<string> {
  phones += 1;
  const phone = `+1555100${String(phones).padStart(4, '0')}`;
  await expectOk(server.api.post('/v1/sandbox/phones', { phone }));
  return phone;
}

const get = async (id: string): Promise<Json> => expectOk(server.api.get(`/v1/devices/${id}`));
const qrOf = async (id: string) => String((await expectOk(server.api.get(`/v1/devices/${id}/qr`)))['qr']);
const scan = (phone: string, qr: string) => server.api.post(`/v1/sandbox/phones/${phone}/scan`, { qr });
const connected = (id: string) => server.api.until(`/v1/devices/${id}`, (body) => body['state'] === 'connected');

/** Starts linking; after an unlink the answer is a retryable 409 for a moment. */
async function link(id: string, body: Json = { method: 'qr' }): Promise<void> {
  await expect.poll(async () => (await server.api.post(`/v1/devices/${id}/link`, body)).status, PATIENT).toBe(202);
}

function expectError(reply: Reply, status: number, code: string): void {
  expect([reply.status, errorOf(reply)['code']]).toEqual([status, code]);
  expect(errorOf(reply)['message']).toMatch(/\w/);
}

describe('a device', () => {
  it('is created unlinked, found at its Location, listed, renamed', async () => {
    const made = await server.api.post('/v1/devices', { label: ' Support ', network: 'sandbox' });
    expect(made.status).toBe(201);
    expect(made.headers.get('location')).toBe(`/v1/devices/${made.body['id']}`);
    expect(made.body).toMatchObject({ label: 'Support', state: 'unlinked', stateReason: 'created', account: null });
    const path = `/v1/devices/${made.body['id']}`;
    expect((await server.api.get(path)).body).toEqual(made.body);
    expect((await server.api.get('/v1/devices')).body['data']).toContainEqual(made.body);
    await expectOk(server.api.call('PATCH', path, { label: 'Sales' }));
    expect(await get(String(made.body['id']))).toEqual({ ...made.body, label: 'Sales' });
  });

  it('is for whatsapp where no network is named', async () => {
    expect((await expectOk(server.api.post('/v1/devices', { label: 'Real' })))['network']).toBe('whatsapp');
  });

  it('answers 409 to what needs it linked, or linking, before it is', async () => {
    const id = await newDevice();
    expectError(await server.api.post(`/v1/devices/${id}/restart`), 409, 'SESSION_DISCONNECTED');
    expectError(await server.api.get(`/v1/devices/${id}/qr`), 409, 'CONFLICT');
    expectError(await server.api.get(`/v1/devices/${id}/link`), 409, 'CONFLICT');
    expect((await expectOk(server.api.post(`/v1/devices/${id}/unlink`)))['state']).toBe('unlinked');
  });

  it('says why it is not healthy', async () => {
    const id = await newDevice();
    const health = await expectOk(server.api.get(`/v1/devices/${id}/health`));
    expect(health).toMatchObject({
      healthy: false,
      state: 'unlinked',
      score: 0,
      reasons: [{ code: 'device_unlinked' }],
      pingMs: null,
    });
  });
});

/** The pixels of a one-bit grey PNG, true where it is dark. */
function darkPixels(png: Buffer): boolean[][] {
  expect(png.subarray(0, 8)).toEqual(Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'));
  const size = png.readUInt32BE(16);
  expect([png.readUInt32BE(20), png[24], png[25]]).toEqual([size, 1, 0]);
  const at = png.indexOf('IDAT');
  const rows = inflateSync(png.subarray(at + 4, at + 4 + png.readUInt32BE(at - 4)));
  const stride = Math.ceil(size / 8) + 1;
  expect(rows.length).toBe(size * stride);
  const dark = (y: number, x: number) => (((rows[y * stride + 1 + (x >> 3)] ?? 0) >> (7 - (x & 7))) & 1) === 0;
  return Array.from({ length: size }, (_row, y) => Array.from({ length: size }, (_pixel, x) => dark(y, x)));
}

describe('linking by QR', () => {
  it('shows one code as JSON, PNG and SVG, chosen by ?format or Accept', async () => {
    const id = await newDevice();
    await link(id);
    const raw = async (query: string, accept: string) => {
      const headers = { authorization: `Bearer ${server.apiKey}`, accept };
      const reply = await fetch(`${server.url}/v1/devices/${id}/qr${query}`, { headers });
      return { type: reply.headers.get('content-type'), bytes: Buffer.from(await reply.arrayBuffer()) };
    };
    const text = await qrOf(id);
    const { data } = encode(text, { border: 4 });
    const png = await raw('?format=png', '*/*');
    expect(png.type).toBe('image/png');
    const scaled = darkPixels(png.bytes);
    const scale = scaled.length / data.length;
    expect(Number.isInteger(scale)).toBe(true);
    expect(data.map((_row, y) => data.map((_cell, x) => scaled[y * scale]?.[x * scale]))).toEqual(data);
    expect((await raw('', 'image/png')).bytes.equals(png.bytes)).toBe(true);
    const svg = await raw('', 'image/svg+xml');
    expect(svg.type).toBe('image/svg+xml');
    expect(svg.bytes.toString()).toMatch(/^<svg [\s\S]*<\/svg>$/);
    expect((await raw('?format=json', 'image/png')).type).toMatch(/^application\/json/);
  });

  it('connects the device to the phone that scanned, and is healthy', async () => {
    const phone = await newPhone();
    const id = await newDevice();
    await link(id);
    expect(await get(id)).toMatchObject({ state: 'linking', stateReason: 'link_requested' });
    await expectOk(scan(phone, await qrOf(id)));
    expect(await connected(id)).toMatchObject({ account: { phone } });
    const health = await expectOk(server.api.get(`/v1/devices/${id}/health`));
    expect(health).toMatchObject({ healthy: true, score: 100, reasons: [], state: 'connected' });
    expect(Date.parse(String(health['connectedAt']))).toBeLessThanOrEqual(Date.now());
    expectError(await server.api.post(`/v1/devices/${id}/link`, {}), 409, 'CONFLICT');
    expectError(await server.api.get(`/v1/devices/${id}/qr`), 409, 'CONFLICT');
  });

  it('says clearly that a code was replaced, used up, or is no code at all', async () => {
    const phone = await newPhone();
    const id = await newDevice();
    await link(id);
    const first = await qrOf(id);
    await link(id);
    await expect.poll(() => qrOf(id), PATIENT).not.toBe(first);
    const second = await qrOf(id);
    expectError(await scan(phone, first), 409, 'CONFLICT');
    await expectOk(scan(phone, second));
    await connected(id);
    expectError(await scan(await newPhone(), second), 409, 'CONFLICT');
    expectError(await scan(phone, 'https://example.com/'), 400, 'VALIDATION_ERROR');
    expectError(await scan('+15559990000', second), 404, 'NOT_FOUND');
  });

  it('is ended by unlink: the code no longer links', async () => {
    const id = await newDevice();
    await link(id);
    const qr = await qrOf(id);
    await expectOk(server.api.post(`/v1/devices/${id}/unlink`));
    expectError(await server.api.get(`/v1/devices/${id}/qr`), 409, 'CONFLICT');
    const phone = await newPhone();
    await expect.poll(async () => (await scan(phone, qr)).status, PATIENT).toBe(409);
    expect((await get(id))['state']).toBe('unlinked');
  });
});

describe('linking by pairing code', () => {
  it('connects when the phone types the code', async () => {
    const phone = await newPhone();
    const id = await newDevice();
    await link(id, { method: 'code', phone });
    const { code, qr, method } = await expectOk(server.api.get(`/v1/devices/${id}/link`));
    expect([method, qr]).toEqual(['code', null]);
    expect(code).toMatch(/^[A-Z0-9]{4}-?[A-Z0-9]{4}$/);
    expectError(await server.api.get(`/v1/devices/${id}/qr`), 409, 'CONFLICT');
    await expectOk(server.api.post(`/v1/sandbox/phones/${phone}/type-code`, { code }));
    expect(await connected(id)).toMatchObject({ account: { phone } });
  });

  it('needs the number of the phone', async () => {
    const reply = await server.api.post(`/v1/devices/${await newDevice()}/link`, { method: 'code' });
    expectError(reply, 400, 'VALIDATION_ERROR');
    expect(errorOf(reply)['param']).toBe('phone');
  });

  it('does not connect on a wrong code, nor on another phone', async () => {
    const [phone, other] = [await newPhone(), await newPhone()];
    const id = await newDevice();
    await link(id, { method: 'code', phone });
    const { code } = await expectOk(server.api.get(`/v1/devices/${id}/link`));
    const elsewhere = await server.api.post(`/v1/sandbox/phones/${other}/type-code`, { code });
    expectError(elsewhere, 409, 'CONFLICT');
    expect((await get(id))['state']).toBe('linking');
  });
});

describe('a linked device', () => {
  it('restarts and comes back connected', async () => {
    const id = await linkSandboxDevice(server.api, '+15552000001');
    const since = (await get(id))['stateAt'];
    const restarted = await server.api.post(`/v1/devices/${id}/restart`);
    expect([restarted.status, restarted.body['state'], restarted.body['stateReason']]).toEqual([
      202,
      'connecting',
      'restart_requested',
    ]);
    await server.api.until(
      `/v1/devices/${id}`,
      (body) => body['state'] === 'connected' && String(body['stateAt']) > String(since),
    );
  });

  it('keeps its id, label and history through unlink and a link to another phone', async () => {
    const id = await linkSandboxDevice(server.api, '+15552000002');
    const text = { deviceId: id, to: '+999000000001', type: 'text', text: { body: 'Before' } };
    const sent = await expectOk(server.api.post('/v1/messages', text));
    await server.api.until(`/v1/messages/${sent['id']}`, (body) => body['status'] === 'read');
    expect(await expectOk(server.api.post(`/v1/devices/${id}/unlink`))).toMatchObject({
      id,
      state: 'unlinked',
      stateReason: 'unlinked_by_user',
    });
    expectError(await server.api.post('/v1/messages', text), 409, 'SESSION_DISCONNECTED');
    const phone = await newPhone();
    await link(id);
    await expectOk(scan(phone, await qrOf(id)));
    expect(await connected(id)).toMatchObject({ id, account: { phone } });
    expect((await expectOk(server.api.get(`/v1/messages/${sent['id']}`)))['status']).toBe('read');
    const again = await expectOk(server.api.post('/v1/messages', text));
    await server.api.until(`/v1/messages/${again['id']}`, (body) => body['status'] === 'read');
  });

  it('can be linked again straight after unlink: 409 with Retry-After until the phone was told, never a lost link', async () => {
    const id = await linkSandboxDevice(server.api, '+15552000003');
    const phone = await newPhone();
    for (let round = 0; round < 5; round++) {
      await expectOk(server.api.post(`/v1/devices/${id}/unlink`));
      const early = await server.api.post(`/v1/devices/${id}/link`, {});
      if (early.status !== 202) {
        expectError(early, 409, 'CONFLICT');
        expect([errorOf(early)['retryable'], early.headers.get('retry-after')]).toEqual([true, '1']);
        await link(id);
      }
      await expectOk(scan(phone, await qrOf(id)));
      await connected(id);
    }
  });
});

describe('deleting', () => {
  const remove = async (id: string) => {
    expect((await server.api.call('DELETE', `/v1/devices/${id}`)).status).toBe(204);
    expectError(await server.api.get(`/v1/devices/${id}`), 404, 'NOT_FOUND');
    expectError(await server.api.call('DELETE', `/v1/devices/${id}`), 404, 'NOT_FOUND');
    const { body } = await server.api.get('/v1/devices?limit=100');
    expect([body['data']].flat().map((device) => objectOf({ device }, 'device')['id'])).not.toContain(id);
  };

  it('works while unlinked', async () => remove(await newDevice()));

  it('works while linking, and its code no longer links', async () => {
    const id = await newDevice();
    await link(id);
    const qr = await qrOf(id);
    await remove(id);
    const phone = await newPhone();
    await expect.poll(async () => (await scan(phone, qr)).status, PATIENT).toBe(409);
  });

  it('works while connected, takes the history along and frees the phone for another device', async () => {
    const phone = '+15552000004';
    const id = await linkSandboxDevice(server.api, phone);
    const text = { deviceId: id, to: '+999000000001', type: 'text', text: { body: 'Gone' } };
    const sent = await expectOk(server.api.post('/v1/messages', text));
    await server.api.until(`/v1/messages/${sent['id']}`, (body) => body['status'] === 'read');
    await remove(id);
    await expect.poll(async () => (await server.api.get(`/v1/messages/${sent['id']}`)).status, PATIENT).toBe(404);
    await linkSandboxDevice(server.api, phone);
  });

  it('answers 404 to everything about a device that was deleted', async () => {
    const id = await newDevice();
    await remove(id);
    for (const [method, path, body] of [
      ['PATCH', '', { label: 'x' }],
      ['POST', '/link', {}],
      ['GET', '/link', undefined],
      ['GET', '/qr', undefined],
      ['POST', '/unlink', undefined],
      ['POST', '/restart', undefined],
      ['GET', '/health', undefined],
    ] as const)
      expectError(await server.api.call(method, `/v1/devices/${id}${path}`, body), 404, 'NOT_FOUND');
    const send = { deviceId: id, to: '+15551234567', type: 'text', text: { body: 'x' }, requireOnline: false };
    expectError(await server.api.post('/v1/messages', send), 404, 'NOT_FOUND');
  });
});
