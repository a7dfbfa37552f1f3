import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { isTrusted, type TrustedProxies } from '../../config/proxies.ts';
import type { Authenticator } from '../../features/api-keys/index.ts';
import type { PeopleServices } from '../../features/members/index.ts';
import type { LimitsCache } from '../../features/plans/index.ts';
import type { DataKeys } from '../../features/workspaces/index.ts';
import type { LiveServices, Wakeups } from '../../operations/context.ts';
import type { Operation } from '../../operations/define.ts';
import type { Admission } from '../../platform/admission.ts';
import type { Clock } from '../../platform/clock.ts';
import { pingDatabase } from '../../platform/db/info.ts';
import type { Db } from '../../platform/db/port.ts';
import { WapingError } from '../../platform/errors.ts';
import { newId, type RequestId } from '../../platform/ids.ts';
import type { Logger } from '../../platform/log.ts';
import type { Places } from '../../platform/places.ts';
import { RefusalPause } from '../../platform/refusal-pause.ts';
import { registerAccountPages } from './account-pages.ts';
import { registerAuth } from './auth/register.ts';
import { answerBadClient, refuseExpectation } from './bad-client.ts';
import { boundBodies, LONGEST_REQUEST_MS } from './body-time.ts';
import { HTTP_OPTIONS, limitConnections } from './connections.ts';
import { registerDocs } from './docs.ts';
import { envelope, toWapingError } from './error-reply.ts';
import { keepEventStreams } from './event-streams.ts';
import { registerLinkPage } from './link/routes.ts';
import { registerMediaLinks } from './media-links.ts';
import type { OperatorKey } from './operator-key.ts';
import type { RateLimits } from './rate-limits.ts';
import { registerOperations, servedOperations } from './routes.ts';
import { secure } from './security-headers.ts';
import { endConnectionsOnStop } from './stopping.ts';

const BODY_LIMIT = 1024 * 1024;
const KEEP_ALIVE_MS = 72_000;

export interface HttpServices {
  db: Db;
  clock: Clock;
  log: Logger;
  authenticator: Authenticator;
  rateLimits: RateLimits;
  admission: Admission;
  dataKeys: DataKeys;
  limits: LimitsCache;
  /** Null: the operator's operations do not exist here. */
  operatorKey: OperatorKey | null;
  live: LiveServices;
  uploads: Places;
  /** Nudges whoever has to do with what the calls of a workspace change. */
  wake: Pick<Wakeups, 'devices'> & { within(workspaceId: string): Wakeups };
  people: PeopleServices;
  /** Whose word is taken on who a request is from. */
  proxies: TrustedProxies;
  /** Connections one address may hold. */
  connectionsPerAddress: number;
}

declare module 'fastify' {
  interface FastifyRequest {
    requestId: RequestId;
  }
}

const CLIENT_ID = /^[\x21-\x7e]{1,128}$/;

function identify(request: FastifyRequest, reply: FastifyReply, publicUrl: string): void {
  request.requestId = newId('req');
  reply.header('x-request-id', request.requestId);
  secure(request, reply, publicUrl);
}

function requireHost({ raw, headers }: FastifyRequest): void {
  if (raw.httpVersion === '1.0' || headers.host !== undefined) return;
  throw new WapingError('VALIDATION_ERROR', 'the request has no Host header', { param: 'Host' });
}

function sendError(log: Logger, request: FastifyRequest, reply: FastifyReply, thrown: unknown): FastifyReply {
  const error = toWapingError(thrown, request.routeOptions.config.upload);
  if (error.status >= 500) log.error({ err: error.cause ?? error, requestId: request.requestId }, 'request failed');
  if (error.retryAfter !== undefined) reply.header('retry-after', String(error.retryAfter));
  else if (error.status === 503) reply.header('retry-after', '1');
  return reply
    .code(error.status)
    .type('application/json; charset=utf-8')
    .send(JSON.stringify(envelope(error, request.requestId)));
}

function notFound(
  { app, operations }: { app: FastifyInstance; operations: readonly Operation[] },
  request: FastifyRequest,
  reply: FastifyReply,
): never {
  const path = request.url.split('?')[0] ?? '/';
  const allowed = (['GET', 'POST', 'PATCH', 'PUT', 'DELETE'] as const).filter((method) =>
    app.findRoute({ url: path, method }),
  );
  const others = operations
    .filter((operation) => matches(operation.http.path, path))
    .map((operation) => operation.http.method);
  const allow = [...new Set([...allowed, ...others])];
  if (allow.length === 0) throw new WapingError('NOT_FOUND', 'no such path', { param: 'path' });
  reply.header('allow', allow.join(', '));
  throw new WapingError('METHOD_NOT_ALLOWED', `this path takes ${allow.join(', ')}`);
}

function matches(template: string, path: string): boolean {
  const wanted = template.split('/');
  const given = path.split('/');
  return wanted.length === given.length && wanted.every((part, i) => part.startsWith('{') || part === given[i]);
}

// JSON, and forms where a file is taken; an empty body is no body. Fastify's default parser guards against __proto__ keys.
function useJson(app: FastifyInstance): void {
  const parse = app.getDefaultJsonParser('error', 'error');
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    if (body.length === 0) done(null, undefined);
    else void parse(request, String(body), done);
  });
  // The route takes the form itself, once it knows whose it is.
  app.addContentTypeParser('multipart/form-data', (request, _payload, done) => {
    const isTaken = request.routeOptions.config.upload;
    done(isTaken ? null : new WapingError('UNSUPPORTED_MEDIA_TYPE', 'send the body as application/json'), undefined);
  });
}

function logRequests(app: FastifyInstance, log: Logger): void {
  app.addHook('onResponse', async (request, reply) => {
    const theirs = request.headers['x-request-id'];
    log.info(
      {
        requestId: request.requestId,
        ...(typeof theirs === 'string' && CLIENT_ID.test(theirs) ? { clientRequestId: theirs } : {}),
        method: request.method,
        route: request.routeOptions.url ?? 'none',
        status: reply.statusCode,
        ms: Math.round(reply.elapsedTime),
      },
      'request',
    );
  });
}

/** The HTTP surface: every operation of the registry, the docs, health. Not listening yet. */
export function buildHttpServer(services: HttpServices): FastifyInstance {
  const { log, proxies } = services;
  const app = fastify({
    // Without trusted proxies X-Forwarded-* are not read at all.
    trustProxy: proxies === null ? false : (address, hop) => isTrusted(proxies, address, hop),
    http: HTTP_OPTIONS,
    bodyLimit: BODY_LIMIT,
    requestTimeout: LONGEST_REQUEST_MS,
    connectionTimeout: 0,
    keepAliveTimeout: KEEP_ALIVE_MS,
    forceCloseConnections: 'idle',
    exposeHeadRoutes: false,
    routerOptions: { maxParamLength: 200 },
    return503OnClosing: true,
    clientErrorHandler: (error, socket) => answerBadClient(log, error, socket),
    // What the router refuses before any hook ran gets the same envelope.
    frameworkErrors: (error, request, reply) => {
      identify(request, reply, services.people.publicUrl());
      void sendError(log, request, reply, error);
    },
  });
  app.server.on('checkExpectation', (request, response) => refuseExpectation(log, request, response));
  limitConnections(app.server, {
    perAddress: services.connectionsPerAddress,
    isProxy: (address) => isTrusted(proxies, address, 0),
  });
  useJson(app);
  app.decorateRequest('requestId');
  const operations = servedOperations(services);
  app.addHook('onRequest', async (request, reply) => {
    identify(request, reply, services.people.publicUrl());
    requireHost(request);
    // Not as a handler, which would have the body read first.
    if (request.is404) notFound({ app, operations }, request, reply);
  });
  boundBodies(app, log);
  logRequests(app, log);
  const refusals = new RefusalPause();
  app.setErrorHandler(async (error, request, reply) => {
    if (error instanceof WapingError && error.code === 'RATE_LIMITED') await refusals.pause();
    return sendError(log, request, reply, error);
  });
  endConnectionsOnStop(app);
  keepEventStreams(app);
  app.addHook('preClose', async () => services.live.events.stop());
  registerOperations(app, services);
  registerAuth(app, services);
  registerAccountPages(app);
  registerLinkPage(app, services);
  registerMediaLinks(app, services);
  registerDocs(app);
  app.get('/healthz', async () => {
    await pingDatabase(services.db);
    return { status: 'ok' };
  });
  return app;
}
