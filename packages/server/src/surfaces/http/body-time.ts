import type { IncomingMessage } from 'node:http';
import type { FastifyInstance } from 'fastify';
import type { Logger } from '../../platform/log.ts';
import { answerBadClient } from './bad-client.ts';

/** A request that is no upload arrives within this. */
const BODY_MS = 30_000;
/** The longest any request may take to arrive: 100 MiB at half a megabit a second. */
export const LONGEST_REQUEST_MS = 30 * 60_000;
/** What is left of a refused body is thrown away for so long, so that its sender comes to read the refusal. */
const DRAIN_MS = 10_000;

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The body may be long, and is read by the route itself. */
    upload?: boolean;
  }
}

const slow = (): Error & { code: string } =>
  Object.assign(new Error('the request did not arrive in time'), { code: 'ERR_HTTP_REQUEST_TIMEOUT' });

function holdToTime(raw: IncomingMessage, log: Logger): void {
  const { 'content-length': length = '0', 'transfer-encoding': coding } = raw.headers;
  if (raw.complete || (length === '0' && coding === undefined)) return;
  const timer = setTimeout(() => {
    // A body that nobody reads has arrived all the same.
    if (!raw.complete) answerBadClient(log, slow(), raw.socket);
  }, BODY_MS);
  timer.unref();
  const over = () => clearTimeout(timer);
  raw.once('end', over).once('close', over);
}

/** Reads on, into nothing, after a body was refused; gives up on who goes on sending. */
function drain(raw: IncomingMessage): void {
  if (raw.complete || raw.destroyed) return;
  raw.resume();
  const timer = setTimeout(() => raw.socket.destroy(), DRAIN_MS);
  timer.unref();
  raw.once('close', () => clearTimeout(timer));
}

/**
 * Bounds how long a body may take. Node's own bound holds for every route of a server, and an upload takes longer than
 * the others may.
 */
export function boundBodies(app: FastifyInstance, log: Logger): void {
  app.addHook('onRequest', async (request) => {
    if (!request.routeOptions.config.upload) holdToTime(request.raw, log);
  });
  app.addHook('onResponse', async (request) => drain(request.raw));
}
