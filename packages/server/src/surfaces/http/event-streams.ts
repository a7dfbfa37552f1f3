import type { ServerResponse } from 'node:http';
import type { FastifyInstance } from 'fastify';
import { WapingError } from '../../platform/errors.ts';
import { EVENT_STREAM } from '../../platform/sse.ts';

/** Streams of events one process holds open. */
const MAX_STREAMS = 3_000;

/** Keeps streams of events within bounds, tells proxies to pass them on at once, and ends them before a shutdown waits for them. */
export function keepEventStreams(app: FastifyInstance): void {
  const open = new Set<ServerResponse>();
  app.addHook('onSend', async (_request, reply, payload) => {
    if (!String(reply.getHeader('content-type') ?? '').startsWith(EVENT_STREAM)) return payload;
    if (open.size >= MAX_STREAMS) {
      throw new WapingError('SERVICE_UNAVAILABLE', 'too many streams are open', { retryAfter: 10 });
    }
    open.add(reply.raw);
    reply.raw.once('close', () => open.delete(reply.raw));
    reply.header('x-accel-buffering', 'no');
    return payload;
  });
  app.addHook('preClose', async () => {
    for (const response of open) response.destroy();
  });
}
