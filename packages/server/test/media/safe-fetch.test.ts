import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ALLOW_NONE, FetchError, type FetchOptions, SafeFetch } from '../../src/platform/safe-fetch/index.ts';
import { ALLOW_LOOPBACK } from '../kit/media.ts';

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

const MIB = 1024 * 1024;
// Packed beforehand: on a slow machine that takes longer than the reader waits for an answer.
const BOMB = gzipSync(Buffer.alloc(10 * MIB));
const seen: string[] = [];
let origin = '';

/** What the outside does, by path. */
const ANSWERS: Record<string, Answer> = {
  '/file': (_request, response) => response.writeHead(200, { 'content-type': 'text/plain' }).end('the file'),
  '/headers': ({ headers }, response) => response.end(JSON.stringify(headers)),
  '/private': (_request, response) => response.writeHead(302, { location: 'http://10.0.0.1/' }).end(),
  '/metadata': (_request, response) => response.writeHead(307, { location: 'http://2852039166/latest' }).end(),
  '/credentials': (_request, response) => response.writeHead(302, { location: 'http://a:b@127.0.0.1/' }).end(),
  '/to-file': (_request, response) => response.writeHead(301, { location: '/file' }).end(),
  '/nowhere': (_request, response) => response.writeHead(302).end(),
  '/loop': (_request, response) => response.writeHead(302, { location: '/loop' }).end(),
  '/missing': (_request, response) => response.writeHead(404).end('no'),
  '/endless': (_request, response) => {
    const write = (): void => {
      while (response.writable && response.write(Buffer.alloc(64 * 1024)));
    };
    response.on('drain', write);
    write();
  },
  '/says-too-much': (_request, response) => response.writeHead(200, { 'content-length': String(50 * MIB) }).write('x'),
  '/bomb': (_request, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(BOMB),
  '/switches': ({ socket }) => {
    socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n');
  },
  '/hangs-up': ({ socket }) => socket.destroy(),
  '/silent': () => undefined,
  '/stalls': (_request, response) => response.writeHead(200).write('a'),
  '/drips': (_request, response) => {
    response.writeHead(200);
    const timer = setInterval(() => response.write('a'), 50);
    response.on('close', () => clearInterval(timer));
  },
  '/breaks': (_request, response) => {
    response.writeHead(200, { 'content-length': '100' }).write('half');
    setTimeout(() => response.destroy(), 50);
  },
};

const server = createServer((request, response) => {
  seen.push(request.url ?? '');
  const step = /^\/steps\/(\d+)$/.exec(request.url ?? '')?.[1];
  if (step !== undefined) {
    const next = Number(step) - 1;
    response.writeHead(302, { location: next > 0 ? `/steps/${next}` : '/file' }).end();
  } else ANSWERS[request.url ?? '']?.(request, response);
});

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const TIMES = { connectMs: 2_000, headersMs: 300, idleMs: 300, totalMs: 1_500 };
const fetcher = new SafeFetch({ allow: ALLOW_LOOPBACK, times: TIMES });

async function read(path: string, options: Partial<FetchOptions> = {}, by = fetcher): Promise<string> {
  const answer = await by.fetch(path.startsWith('http') ? path : `${origin}${path}`, {
    maxBytes: MIB,
    maxRedirects: 3,
    ...options,
  });
  const chunks: Uint8Array[] = [];
  for await (const chunk of answer.body) chunks.push(chunk);
  return `${answer.status} ${Buffer.concat(chunks)}`;
}

const reasonOf = (call: Promise<unknown>): Promise<unknown> =>
  call.then(
    (value) => value,
    (error: unknown) => (error instanceof FetchError ? error.reason : error),
  );

describe('a fetch', () => {
  it('answers what is there, and asks for it as it is', async () => {
    expect(await read('/file')).toBe('200 the file');
    const headers = JSON.parse((await read('/headers')).slice(4));
    expect(headers).toMatchObject({ 'accept-encoding': 'identity', 'user-agent': 'WAPing', host: origin.slice(7) });
    expect(await read('/missing')).toBe('404 no');
  });

  it('follows three redirects and no more', async () => {
    expect(await read('/to-file')).toBe('200 the file');
    expect(await read('/steps/3')).toBe('200 the file');
    expect(await reasonOf(read('/steps/4'))).toBe('redirects');
    expect(await reasonOf(read('/loop'))).toBe('redirects');
    expect(await reasonOf(read('/nowhere'))).toBe('redirects');
    expect(await read('/to-file', { maxRedirects: 0 })).toBe('301 ');
  });

  it.each(['/private', '/metadata'])('does not follow %s to where it may not go', async (path) => {
    expect(await reasonOf(read(path))).toBe('forbidden');
  });

  it('does not follow a redirect with credentials in it', async () => {
    expect(await reasonOf(read('/credentials'))).toBe('url');
  });

  it('of a private address connects to nothing at all', async () => {
    const strict = new SafeFetch({ allow: ALLOW_NONE, times: TIMES });
    const before = seen.length;
    const { port } = new URL(origin);
    for (const host of ['127.0.0.1', 'localhost', '2130706433', '0x7f.1', '[::ffff:127.0.0.1]', '[::1]', '0'])
      expect(await reasonOf(read(`http://${host}:${port}/file`, {}, strict)), host).toBe('forbidden');
    expect(seen.length).toBe(before);
  });

  it('connects to the address that was checked, whatever the name says later', async () => {
    let asked = 0;
    // A name that is public when it is looked at and private ever after.
    const resolver = async () => (asked++ === 0 ? ['192.0.2.1'] : ['127.0.0.1']);
    const rebound = new SafeFetch({ allow: ALLOW_NONE, resolver, times: TIMES });
    expect(await reasonOf(read(`http://rebind.example:${new URL(origin).port}/file`, {}, rebound))).toBe('forbidden');
    expect(asked).toBe(1);
    // The other way round: the checked address answers, though the name now says another.
    let turn = 0;
    const stable = new SafeFetch({
      allow: ALLOW_LOOPBACK,
      resolver: async () => (turn++ === 0 ? ['127.0.0.1'] : ['10.0.0.1']),
      times: TIMES,
    });
    expect(await read(`http://rebind.example:${new URL(origin).port}/file`, {}, stable)).toBe('200 the file');
    expect(turn).toBe(1);
  });

  it('ends an endless body at its bound', async () => {
    const before = process.memoryUsage().rss;
    expect(await reasonOf(read('/endless'))).toBe('too_large');
    expect(process.memoryUsage().rss - before).toBeLessThan(64 * MIB);
    expect(await reasonOf(read('/says-too-much'))).toBe('too_large');
  });

  it('takes nothing compressed: it was not asked for, and may be anything inside', async () => {
    expect(await reasonOf(read('/bomb'))).toBe('encoding');
  });

  it('waits neither for headers nor for a body for ever', async () => {
    for (const path of ['/silent', '/stalls', '/drips']) {
      const from = Date.now();
      expect(await reasonOf(read(path)), path).toBe('timeout');
      expect(Date.now() - from, path).toBeLessThan(10_000);
    }
  });

  it('tells what breaks off from what is whole', async () => {
    for (const path of ['/breaks', '/switches', '/hangs-up'])
      expect(await reasonOf(read(path)), path).toBe('unreachable');
    expect(await reasonOf(read('http://127.0.0.1:9/'))).toBe('unreachable');
  });

  it('leaves no connection behind', async () => {
    await read('/file');
    for (let i = 0; i < 100 && (await connections()) > 0; i++) await sleep(50);
    expect(await connections()).toBe(0);
  });
});

const connections = (): Promise<number> =>
  new Promise((resolve, reject) => server.getConnections((error, count) => (error ? reject(error) : resolve(count))));
