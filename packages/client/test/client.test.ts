import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Waping, WapingApiError } from '@waping/client';
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
  expect(steps.map(({ status }) => status)).toEqual(['queued', 'sending', 'sent', 'delivered', 'read']);
  const all: string[] = [];
  for await (const message of waping.messages.all({ deviceId, limit: 1 })) all.push(message.id);
  expect(all).toEqual([sent.id]);
});

it('throws typed errors that name the field and the request', async () => {
  const failure = await waping.devices.get('dev_nothing').catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(WapingApiError);
  expect(failure).toMatchObject({ status: 404, code: 'NOT_FOUND', param: 'deviceId' });
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
