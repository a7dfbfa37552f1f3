import { once } from 'node:events';
import { createServer } from 'node:http';
import { OPERATIONS, Waping } from '@waping/client';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Operation } from '../../server/src/operations/define.ts';
import { registry } from '../../server/src/operations/registry.ts';

/** What came in last. */
let asked = { line: '', key: '', type: '', accept: '' };
const http = createServer((request, reply) => {
  const { headers, method, url } = request;
  const of = (name: string) => String(headers[name] ?? '');
  asked = { line: `${method} ${url}`, key: of('idempotency-key'), type: of('content-type'), accept: of('accept') };
  request.resume().on('end', () => reply.writeHead(200, { 'content-type': 'application/json' }).end('{"data":[]}'));
});
let client: Waping;

beforeAll(async () => {
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  const address = http.address();
  if (address === null || typeof address === 'string') throw new Error('not listening on TCP');
  client = new Waping({ url: `http://127.0.0.1:${address.port}`, apiKey: 'wap_x' });
});
afterAll(() => http.close());

function methodOf(operation: Operation): (...given: unknown[]) => unknown {
  const [resource = '', verb = ''] = operation.id.split('.');
  const group: unknown = Reflect.get(client, resource);
  const method: unknown = group !== null && typeof group === 'object' ? Reflect.get(group, verb) : undefined;
  if (typeof method !== 'function') throw new Error(`the client has no ${operation.id}`);
  return (...given) => Reflect.apply(method, group, given);
}

it.each(registry.map((one) => [one.id, one] as const))('%s has a method that asks for it', async (_id, operation) => {
  const names = [...operation.http.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => `${name}/1`);
  const query = operation.query ? [{ limit: 7 }] : [];
  const answer = methodOf(operation)(...names, ...(operation.body ? [{}] : []), ...query);
  if (operation.produces?.includes('text/event-stream')) {
    for await (const _event of answer as AsyncGenerator) throw new Error('this server sends no events');
    expect(asked.accept).toBe('text/event-stream');
  } else await answer;
  const path = operation.http.path.replace(/\{(\w+)\}/g, (_all, name: string) => encodeURIComponent(`${name}/1`));
  expect(asked.line).toBe(`${operation.http.method} ${path}${operation.query ? '?limit=7' : ''}`);
  expect(asked.type).toBe(operation.body ? 'application/json' : '');
  expect(asked.key !== '').toBe(operation.idempotent === true);
});

it('lists the same operations as the registry', () => {
  expect([...OPERATIONS].sort()).toEqual(registry.map(({ id }) => id).sort());
});
