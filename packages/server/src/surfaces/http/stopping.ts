import type { FastifyInstance } from 'fastify';

/**
 * Ends each connection with the answer that is under way on it when the server stops. Kept alive, it would hold the stop
 * up until its client lets go of it: Node.js closes at once only those that are idle at that moment.
 */
export function endConnectionsOnStop(app: FastifyInstance): void {
  let isStopping = false;
  app.addHook('preClose', async () => {
    isStopping = true;
  });
  app.addHook('onSend', async (_request, reply, payload) => {
    if (isStopping) reply.header('connection', 'close');
    return payload;
  });
  // For answers whose headers were gone by then.
  app.addHook('onResponse', async ({ raw }) => {
    if (isStopping) raw.socket.destroySoon();
  });
}
