// The network outlives the gateway here: what a crash leaves of files is made good.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type OutsideNetwork, startOutsideNetwork } from '../crash/kit/network.ts';
import { type Json, objectOf, rowsOf } from '../kit/api.ts';
import { hashOf, pdfOf } from '../kit/files.ts';
import { expectOk } from '../kit/sandbox-device.ts';
import { TestServer } from '../kit/server.ts';

const SHOP = '+15550001200';
const ADA = '+15550002200';

let outside: OutsideNetwork;
let server: TestServer;
let deviceId: string;

beforeAll(async () => {
  outside = await startOutsideNetwork('media-restart');
  server = await TestServer.start({ env: outside.env });
  const { control } = outside;
  for (const number of [SHOP, ADA]) await control.call('accounts.create', { number });
  const device = await expectOk(server.api.post('/v1/devices', { label: 'Shop', network: 'whatsapp' }));
  deviceId = String(device['id']);
  await expectOk(server.api.post(`/v1/devices/${deviceId}/link`, { method: 'qr' }));
  const { qr } = await server.api.until(`/v1/devices/${deviceId}/qr`, (body) => typeof body['qr'] === 'string');
  await control.call('phones.scan', { number: SHOP, qr: String(qr) });
  await server.api.until(`/v1/devices/${deviceId}`, (body) => body['state'] === 'connected');
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await outside[Symbol.asyncDispose]();
});

const mediaOf = (message: Json) => objectOf(message, 'media');

async function inbound(sha256: string, status: string): Promise<Json> {
  const path = `/v1/messages?direction=inbound&deviceId=${deviceId}&limit=100`;
  const find = (message: Json) => mediaOf(message)['sha256'] === sha256 && mediaOf(message)['status'] === status;
  return rowsOf(await server.api.until(path, (body) => rowsOf(body).some(find))).find(find) ?? {};
}

it('a crash loses no file: the one that waits comes, the one that could not be sent goes once, under their own ids', async () => {
  const { control } = outside;
  const [theirs, ours] = [pdfOf(100_000), pdfOf(100_000)];
  const fault = { kind: 'status' as const, status: 503 };
  for (const target of ['*', 'upload']) await control.call('media.fault', { target, fault });
  const media = { kind: 'document' as const, base64: theirs.toString('base64'), mimeType: 'application/pdf' };
  await control.call('phones.send', { number: ADA, to: SHOP, media });
  const document = { base64: ours.toString('base64'), fileName: 'a.pdf' };
  const { id } = await expectOk(server.api.post('/v1/messages', { deviceId, to: ADA, type: 'document', document }));
  const pending = await inbound(hashOf(theirs), 'pending');
  await expect.poll(() => server.output, { timeout: 30_000 }).toContain('could not be uploaded');
  await server.kill();
  for (const target of ['*', 'upload']) await control.call('media.fault', { target, fault: null });
  server = await server.again();
  const ready = await inbound(hashOf(theirs), 'ready');
  expect([ready['id'], mediaOf(ready)['id']]).toEqual([pending['id'], mediaOf(pending)['id']]);
  const events = rowsOf(await expectOk(server.api.get('/v1/events?types=media.ready&limit=100')));
  expect(events.filter((event) => objectOf(event, 'data')['messageId'] === ready['id'])).toHaveLength(1);
  await server.api.until(`/v1/messages/${String(id)}`, (message) => message['status'] === 'delivered');
  const { messages } = await control.call('phones.inbox', { number: ADA, own: false });
  const shown = messages.filter((message) => message.media?.sha256 === hashOf(ours));
  expect(shown.map(({ duplicates }) => duplicates)).toEqual([0]);
});
