import { Readable } from 'node:stream';
import type { FastifyReply } from 'fastify';
import type { ReplyBody } from '../../operations/define.ts';

/** A reader that takes nothing for so long is given up: it would hold a shutdown. */
const STALL_MS = 60_000;

/**
 * Sends what an operation answered. A body that is made while it is sent is asked for its next piece only when the
 * reader has room, and one that fails midway breaks the connection: a half must not look like a whole.
 */
export function sendBody(reply: FastifyReply, body: ReplyBody, stallMs = STALL_MS): FastifyReply {
  if (typeof body === 'string' || body instanceof Uint8Array) return reply.send(body);
  reply.raw.setTimeout(stallMs, () => reply.raw.destroy());
  return reply.send(body instanceof Readable ? body : Readable.from(body));
}
