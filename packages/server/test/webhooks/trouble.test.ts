import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { makeCertificates } from '../../../sandbox/src/media/certificates.ts';
import { ALLOW_NONE, SafeFetch } from '../../src/platform/safe-fetch/index.ts';
import { describeEachDb } from '../kit/db.ts';
import { DnsServer } from '../kit/dns-server.ts';
import { hookScene } from '../kit/hook-scene.ts';
import { attemptsOf } from '../kit/hooks.ts';
import { ALLOW_LOOPBACK } from '../kit/media.ts';
import type { Behaviour } from '../kit/receiver.ts';

const MIB = 1024 * 1024;
const TIMES = { connectMs: 1_000, headersMs: 1_000, idleMs: 500, totalMs: 1_000 };

/** What a receiver does, and what becomes of the delivery. */
const CASES: Record<string, { does: Behaviour; state: string; attempt: object }> = {
  'a redirect': {
    does: (response) => response.writeHead(302, { location: '/elsewhere' }).end(),
    state: 'pending',
    attempt: { status: 302, error: 'answered 302: redirects are not followed' },
  },
  'no answer at all': {
    does: () => undefined,
    state: 'pending',
    attempt: { status: null, error: expect.stringContaining('timeout') },
  },
  'a connection that closes early': {
    does: (response) => response.socket?.destroy(),
    state: 'pending',
    attempt: { status: null, error: expect.stringContaining('unreachable') },
  },
  'an answer whose body comes byte by byte, for ever': {
    does: (response) => {
      response.writeHead(200);
      const timer = setInterval(() => response.write('a'), 20);
      response.on('close', () => clearInterval(timer));
    },
    state: 'delivered',
    attempt: { status: 200, error: null, answer: expect.stringMatching(/^a+$/) },
  },
  'an answer of a gigabyte': {
    does: (response) => {
      response.writeHead(200, { 'content-length': String(1024 * MIB) });
      const write = (): void => {
        while (response.writable && response.write(Buffer.alloc(64 * 1024, 'b')));
      };
      response.on('drain', write);
      write();
    },
    state: 'delivered',
    attempt: { status: 200, error: null, answer: 'b'.repeat(1_024) },
  },
  'an answer that breaks off': {
    does: (response) => {
      response.writeHead(200, { 'content-length': '100' }).write('half');
      setTimeout(() => response.destroy(), 30);
    },
    state: 'delivered',
    attempt: { status: 200, answer: 'half' },
  },
  'a compressed answer': {
    does: (response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(Buffer.alloc(10 * MIB))),
    state: 'delivered',
    attempt: { status: 200, answer: null },
  },
  'an answer no database can hold': {
    does: (response) => response.writeHead(400).end(Buffer.from([0, 0xff, 0x41])),
    state: 'pending',
    attempt: { status: 400, error: 'answered 400', answer: expect.stringContaining('A') },
  },
};

/** A server that says a byte of its headers now and then. */
function dripping(): Promise<Server> {
  const server = createServer((socket) => {
    socket.on('error', () => socket.destroy());
    socket.write('HTTP/1.1 200 OK\r\nX-Slow: ');
    const timer = setInterval(() => socket.write('a'), 50);
    socket.on('close', () => clearInterval(timer));
  });
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)));
}

describeEachDb('a webhook whose receiver gives', (database) => {
  const scene = hookScene(database);

  /** The one delivery of an endpoint after its first attempt. */
  async function afterOne(id: string) {
    const [row] = await scene.world.until(id, ([one]) => attemptsOf(one).length > 0);
    return { state: row?.['state'], attempt: attemptsOf(row)[0] };
  }

  it.each(Object.entries(CASES))('%s', async (_name, { does, state, attempt }) => {
    scene.receiver.behaviours.set('/case', does);
    const { id } = await scene.world.hook(scene.receiver.url('/case'));
    await scene.world.tell(1);
    await using _node = scene.world.node();
    const found = await afterOne(id);
    expect(found.attempt).toMatchObject(attempt);
    expect(found.state).toBe(state);
    expect(scene.receiver.at('/elsewhere')).toEqual([]);
  });

  it('headers byte by byte: it is given up in time', async () => {
    const server = await dripping();
    const { port } = server.address() as AddressInfo;
    const { id } = await scene.world.hook(`http://127.0.0.1:${port}/`);
    await scene.world.tell(1);
    await using _node = scene.world.node();
    expect((await afterOne(id)).attempt).toMatchObject({ status: null, error: expect.stringContaining('timeout') });
    server.close();
  });

  it('TLS that is none: the reason is told, and nothing was sent', async () => {
    const { id } = await scene.world.hook(scene.receiver.url('/tls').replace('http:', 'https:'));
    await scene.world.tell(1);
    await using _node = scene.world.node();
    expect((await afterOne(id)).attempt).toMatchObject({ status: null, error: expect.stringContaining('unreachable') });
    expect(scene.receiver.received).toEqual([]);
  });

  it.each([
    ['nobody vouches for', Date.now()],
    ['has expired', Date.now() - 400 * 86_400_000],
  ])('a certificate that %s: nothing is sent', async (_what, madeAt) => {
    const { certPem: cert, keyPem: key } = await makeCertificates(madeAt);
    let requests = 0;
    const server = createTlsServer({ cert, key }, (_request, response) => {
      requests += 1;
      response.end();
    });
    server.on('tlsClientError', () => undefined);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const { id } = await scene.world.hook(`https://127.0.0.1:${port}/`);
    await scene.world.tell(1);
    await using _node = scene.world.node();
    const { attempt } = await afterOne(id);
    expect(attempt).toMatchObject({ status: null, error: expect.stringMatching(/^unreachable: .*\([A-Z_]+\)$/) });
    expect(requests).toBe(0);
    server.close();
  });

  it.each(['127.0.0.1', 'localhost', '2130706433', '0x7f.1', '[::ffff:127.0.0.1]', '[::1]', '0', '10.0.0.1'])(
    'an address nobody may reach, written as %s: nothing arrives',
    async (host) => {
      const { id } = await scene.world.hook(`https://${host}:${scene.receiver.port}/private`);
      await scene.world.tell(1);
      await using _node = scene.world.node({ fetcher: new SafeFetch({ allow: ALLOW_NONE, times: TIMES }) });
      expect((await afterOne(id)).attempt).toMatchObject({ status: null, error: expect.stringMatching(/^forbidden/) });
      expect(scene.receiver.received).toEqual([]);
    },
  );

  it('a name that turns private: nothing arrives from then on', async () => {
    await using dns = await DnsServer.start();
    let connections = 0;
    const server = createServer((socket) => {
      connections += 1;
      socket.on('error', () => socket.destroy());
      socket.destroy();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const fetcher = new SafeFetch({ allow: ALLOW_LOOPBACK, times: TIMES, resolver: dns.resolver });
    const { id } = await scene.world.hook(`https://rebind.example:${port}/`);
    dns.addresses = ['127.0.0.1'];
    await scene.world.tell(1);
    await using node = scene.world.node({ fetcher, pauseAfterMs: 1_000 * 3_600_000 });
    await scene.world.until(id, ([one]) => attemptsOf(one).length === 1);
    const before = [connections, dns.asked];
    expect(before).toEqual([1, 1]);
    for (const [at, addresses] of [['10.0.0.1'], ['127.0.0.1', '169.254.169.254'], ['192.168.1.1']].entries()) {
      dns.addresses = addresses;
      scene.world.pass(100 * 3_600_000);
      node.wake();
      const [row] = await scene.world.until(id, ([one]) => attemptsOf(one).length === at + 2);
      expect(attemptsOf(row).at(-1)).toMatchObject({ status: null, error: expect.stringMatching(/^forbidden/) });
    }
    // Each attempt asked anew, and none of them connected.
    expect([connections, dns.asked]).toEqual([1, 4]);
    server.close();
  });

  it('http where the operator does not allow it any more: nothing arrives', async () => {
    const { id } = await scene.world.hook('http://plain.example/hook');
    await scene.world.tell(1);
    const resolver = async () => ['93.184.216.34'];
    await using _node = scene.world.node({ fetcher: new SafeFetch({ allow: ALLOW_NONE, times: TIMES, resolver }) });
    expect((await afterOne(id)).attempt).toMatchObject({ status: null, error: expect.stringMatching(/^forbidden/) });
  });

  it('an event that is kept no longer: it is given up', async () => {
    const { id } = await scene.world.hook(scene.receiver.url('/lost'));
    await scene.world.tell(1);
    scene.receiver.behaviours.set('/lost', (response) => response.writeHead(500).end());
    await using node = scene.world.node();
    await afterOne(id);
    await database().db.query('delete from event where workspace_id = $1', [scene.world.workspaceId]);
    scene.world.pass(10_000);
    node.wake();
    const [row] = await scene.world.until(id, ([one]) => one?.['state'] === 'failed');
    expect(attemptsOf(row).at(-1)).toMatchObject({ error: 'the event is no longer kept' });
  });
});
