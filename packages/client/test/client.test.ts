import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { isWapingError, Waping, WapingApiError } from '@waping/client';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { linkSandboxDevice } from '../../server/test/kit/sandbox-device.ts';
import { TestServer } from '../../server/test/kit/server.ts';

let server: TestServer;
let waping: Waping;

beforeAll(async () => {
  server = await TestServer.start();
  waping = new Waping({ url: server.url, apiKey: server.apiKey });
});
afterAll(() => server[Symbol.asyncDispose]());

it('sends a message over a real server and reads it back with its timeline', async () => {
  const deviceId = await linkSandboxDevice(server.api, '+15550001000');
  const sent = await waping.messages.send({ deviceId, to: '+99900000001', type: 'text', text: { body: 'Hello' } });
  await server.api.until(`/v1/messages/${sent.id}`, (body) => body.status === 'read');
  const steps = await waping.messages.timeline(sent.id);
  expect(steps.data.map(({ status }) => status)).toEqual(['queued', 'sending', 'sent', 'delivered', 'read']);
  const all: string[] = [];
  for await (const message of waping.messages.all({ deviceId, limit: 1 })) all.push(message.id);
  expect(all).toEqual([sent.id]);
});

it('throws typed errors that name the field and the request', async () => {
  const failure = await waping.devices.get('dev_nothing').catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(WapingApiError);
  expect(failure).toMatchObject({ status: 404, code: 'NOT_FOUND', param: 'deviceId', docs: '/docs/errors#NOT_FOUND' });
  expect([isWapingError(failure, 'NOT_FOUND'), isWapingError(failure, 'CONFLICT')]).toEqual([true, false]);
});

it('follows a link by its stream of events, and takes a QR code as an image', async () => {
  const phone = '+15550003000';
  await waping.sandbox.createPhone({ phone });
  const { id } = await waping.devices.create({ label: 'Streamed', network: 'sandbox' });
  await waping.devices.link(id, { method: 'qr' });
  const steps: string[] = [];
  let isScanned = false;
  for await (const { event, data } of waping.devices.linkEvents(id)) {
    expect(event).toBe('link');
    steps.push(data.step);
    if (data.qr !== null && !isScanned) {
      isScanned = true;
      const image = await waping.devices.qrAs(id, 'image/png');
      expect(image.headers.get('content-type')).toBe('image/png');
      await image.body?.cancel();
      await waping.sandbox.scan(phone, { qr: data.qr });
    }
  }
  expect(steps.at(-1)).toBe('linked');
});

it('walks every page of a list, and stops asking when the caller has seen enough', async () => {
  for (const label of ['One', 'Two', 'Three']) await waping.devices.create({ label, network: 'sandbox' });
  const seen: string[] = [];
  for await (const device of waping.devices.all({ limit: 1, order: 'asc' })) seen.push(device.id);
  expect(new Set(seen).size).toBe(seen.length);
  expect(seen.length).toBeGreaterThan(3);
  for await (const device of waping.devices.all({ limit: 1, order: 'asc' })) {
    expect(device.id).toBe(seen[0]);
    break;
  }
});

function portOf(address: string | AddressInfo | null): AddressInfo {
  if (address === null || typeof address === 'string') throw new Error('not listening on TCP');
  return address;
}

async function withServer(
  answer: (request: IncomingMessage, reply: ServerResponse, n: number) => void,
  run: (url: string) => Promise<void>,
) {
  let count = 0;
  const http = createServer((request, reply) => answer(request, reply, count++));
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const { port } = portOf(http.address());
  try {
    await run(`http://127.0.0.1:${port}`);
  } finally {
    http.closeAllConnections();
    await new Promise((resolve) => http.close(resolve));
  }
}

const message = { deviceId: 'dev_1', to: '+15551234567', type: 'text', text: { body: 'x' } } as const;

it('repeats a send with the same Idempotency-Key after a lost answer and after 503', async () => {
  const keys: unknown[] = [];
  await withServer(
    (request, reply, n) => {
      keys.push(request.headers['idempotency-key']);
      if (n === 0) reply.destroy();
      else if (n === 1) reply.writeHead(503, { 'retry-after': '0' }).end('{}');
      else reply.writeHead(202, { 'content-type': 'application/json' }).end('{"id":"msg_1"}');
    },
    async (url) => {
      const client = new Waping({ url, apiKey: 'wap_x' });
      expect((await client.messages.send(message)).id).toBe('msg_1');
    },
  );
  expect(keys).toHaveLength(3);
  expect(new Set(keys).size).toBe(1);
});

it('does not repeat what the server refused, nor a request without a key', async () => {
  let calls = 0;
  await withServer(
    (_request, reply) => {
      calls += 1;
      reply.writeHead(400).end('{"error":{"code":"VALIDATION_ERROR","message":"no","details":[]}}');
    },
    async (url) => {
      const client = new Waping({ url, apiKey: 'wap_x' });
      await expect(client.messages.send(message)).rejects.toMatchObject({ code: 'VALIDATION_ERROR' });
      await expect(client.devices.unlink('dev_1')).rejects.toThrow('no');
    },
  );
  expect(calls).toBe(2);
});

it('waits as long as Retry-After says, for whatever it asked, and gives up on a wait that is too long', async () => {
  const times: number[] = [];
  const refusal = (seconds: string) => ({ 'retry-after': seconds, 'content-type': 'application/json' });
  await withServer(
    (_request, reply, n) => {
      times.push(Date.now());
      if (n === 0) reply.writeHead(429, refusal('1')).end('{"error":{"code":"RATE_LIMITED"}}');
      else if (n === 1) reply.writeHead(200, { 'content-type': 'application/json' }).end('{"id":"dev_1"}');
      else reply.writeHead(429, refusal('3600')).end('{"error":{"code":"RATE_LIMITED"}}');
    },
    async (url) => {
      const client = new Waping({ url, apiKey: 'wap_x' });
      expect((await client.devices.unlink('dev_1')).id).toBe('dev_1');
      await expect(client.devices.get('dev_1')).rejects.toMatchObject({ code: 'RATE_LIMITED', retryAfter: 3600 });
    },
  );
  expect(times).toHaveLength(3);
  expect((times[1] ?? 0) - (times[0] ?? 0)).toBeGreaterThanOrEqual(990);
});

it('does not repeat what may have been done', async () => {
  let calls = 0;
  await withServer(
    (_request, reply) => {
      calls += 1;
      reply.destroy();
    },
    async (url) => {
      const client = new Waping({ url, apiKey: 'wap_x' });
      await expect(client.devices.unlink('dev_1')).rejects.toThrow();
    },
  );
  expect(calls).toBe(1);
});

it('ends a call, and the pause before its next try, when its signal says so', async () => {
  await withServer(
    (_request, reply) => void reply.writeHead(503, { 'retry-after': '30' }).end('{}'),
    async (url) => {
      const client = new Waping({ url, apiKey: 'wap_x' });
      const began = Date.now();
      const call = client.devices.get('dev_1', { signal: AbortSignal.timeout(200) });
      await expect(call).rejects.toMatchObject({ name: 'TimeoutError' });
      expect(Date.now() - began).toBeLessThan(10_000);
    },
  );
});
