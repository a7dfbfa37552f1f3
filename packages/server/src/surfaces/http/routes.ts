import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { callOperation } from '../../operations/call.ts';
import type { Operation } from '../../operations/define.ts';
import { parseIdempotencyKey } from '../../operations/idempotency/key.ts';
import { registry } from '../../operations/registry.ts';
import { WapingError } from '../../platform/errors.ts';
import { brandId } from '../../platform/ids.ts';
import { callerOfCookie } from './auth/register.ts';
import type { HttpServices } from './server.ts';

const toFastifyPath = (path: string) => path.replace(/\{(\w+)\}/g, ':$1');

/** Keys in URLs end up in logs and histories, so they are refused before they could work. */
function refuseKeyInUrl(request: FastifyRequest): void {
  if (!/[?&][^=&]*=wap_/i.test(request.url)) return;
  throw new WapingError('UNAUTHORIZED', 'never put an API key in a URL; send it as: Authorization: Bearer wap_…');
}

// `Accept` may choose among what an operation produces; `?format=` wins over it.
function queryOf(operation: Operation, request: FastifyRequest): unknown {
  const query: Record<string, unknown> = Object.assign({}, request.query);
  if (!operation.produces || query.format !== undefined) return query;
  const accept = request.headers.accept ?? '';
  const chosen = operation.produces.find((type) => accept.startsWith(type));
  return chosen ? { ...query, format: chosen.includes('svg') ? 'svg' : chosen.slice('image/'.length) } : query;
}

// A key where one is given, whatever cookies come with it; then a session; then what says how to send a key.
async function identify(services: HttpServices, request: FastifyRequest) {
  const { authorization } = request.headers;
  const person = authorization === undefined ? await callerOfCookie(services, request) : null;
  return person ?? services.authenticator.authenticate(authorization);
}

async function handle(operation: Operation, services: HttpServices, request: FastifyRequest, reply: FastifyReply) {
  refuseKeyInUrl(request);
  const caller = await identify(services, request);
  const verdict = await services.rateLimit.take(caller.actor.id);
  reply.headers(verdict.headers);
  if (verdict.error) throw verdict.error;
  const workspaceId = caller.workspaceId;
  const result = await callOperation(services.db, {
    operation,
    input: { params: request.params, query: queryOf(operation, request), body: request.body },
    idempotencyKey: operation.idempotent ? parseIdempotencyKey(request.headers['idempotency-key']) : null,
    context: {
      workspace: { id: brandId('ws', workspaceId) },
      actor: caller.actor,
      now: services.clock.now(),
      requestId: request.requestId,
      publicUrl: services.people.publicUrl(),
      log: services.log,
      live: services.live,
      wake: services.wake,
      secrets: {
        seal: (plain, context) => services.dataKeys.seal(workspaceId, plain, context),
        open: (sealed, context) => services.dataKeys.open(workspaceId, sealed, context),
      },
    },
  });
  reply.code(result.status).headers(result.headers);
  if (result.replayed) reply.header('idempotency-replayed', 'true');
  return reply.send(result.body);
}

/** One route for each operation of the registry. */
export function registerOperations(app: FastifyInstance, services: HttpServices): void {
  for (const operation of registry) {
    app.route({
      method: operation.http.method,
      url: toFastifyPath(operation.http.path),
      handler: (request, reply) => handle(operation, services, request, reply),
    });
  }
}
