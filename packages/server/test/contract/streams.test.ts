import { connect } from 'node:net';
import fastify from 'fastify';
import { expect, it } from 'vitest';
import { sendBody } from '../../src/surfaces/http/send-body.ts';

const PIECE = 'x'.repeat(64 * 1024);

/** What a body that is made while it is sent went through. */
interface Made {
  pieces: number;
  ended: boolean;
}

/** A server whose one path answers a body of pieces, up to `length`; `failing` throws after the first. */
async function serve(options: { length: number; failing?: boolean; stallMs?: number }) {
  const made: Made = { pieces: 0, ended: false };
  async function* body() {
    try {
      for (; made.pieces < options.length; made.pieces += 1) {
        if (options.failing === true && made.pieces === 1) throw new Error('the disk is gone');
        yield PIECE;
      }
    } finally {
      made.ended = true;
    }
  }
  const app = fastify({ forceCloseConnections: true });
  app.get('/', async (_request, reply) => sendBody(reply, body(), options.stallMs));
  const url = await app.listen({ port: 0, host: '127.0.0.1' });
  return { url, made, [Symbol.asyncDispose]: () => app.close() };
}

it('a body that is made while it is sent arrives whole', async () => {
  await using server = await serve({ length: 40 });
  expect((await (await fetch(server.url)).text()).length).toBe(40 * PIECE.length);
  expect(server.made).toEqual({ pieces: 40, ended: true });
});

it('a body that fails midway breaks off: a half does not look like a whole', async () => {
  await using server = await serve({ length: 40, failing: true });
  const response = await fetch(server.url);
  expect(response.status).toBe(200);
  await expect(response.text()).rejects.toThrow();
});

it('is made no faster than it is read, and a reader who stalls is given up', async () => {
  await using server = await serve({ length: 100_000, stallMs: 300 });
  const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
  socket.on('error', () => undefined);
  socket.pause();
  socket.write('GET / HTTP/1.1\r\nhost: localhost\r\n\r\n');
  await expect.poll(() => server.made.ended, { timeout: 20_000 }).toBe(true);
  // What the sockets hold between them is megabytes; the body is six thousand.
  expect(server.made.pieces).toBeLessThan(2_000);
  socket.destroy();
});
