import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { authenticateSession, type Origin, type PersonCaller } from '../../../features/members/index.ts';
import { rateClassOf } from '../../../operations/rate-limits.ts';
import { serialize } from '../../../operations/serialize.ts';
import { validateInput } from '../../../operations/validate.ts';
import { WapingError } from '../../../platform/errors.ts';
import { addressOf } from '../address.ts';
import { refuseKeyInUrl } from '../key-in-url.ts';
import type { HttpServices } from '../server.ts';
import { readCookie, writeCookies } from './cookies.ts';
import { checkSameOrigin } from './csrf.ts';
import type { AuthRoute } from './define.ts';
import { passwordRoutes } from './password-routes.ts';
import { sessionRoutes } from './session-routes.ts';

/** Every route of signing in, for who walks them: the server, the description, the tests. */
export const authRoutes: readonly AuthRoute[] = [...sessionRoutes, ...passwordRoutes];

function originOf(route: AuthRoute, request: FastifyRequest, publicUrl: string): Origin {
  return {
    action: route.id,
    requestId: request.requestId,
    address: addressOf(request),
    userAgent: request.headers['user-agent'] ?? null,
    browserToken: readCookie(request, 'waping_browser', publicUrl),
  };
}

/** The caller behind a request's session cookie; null without one. Throws UNAUTHORIZED, or FORBIDDEN for a forged write. */
export async function callerOfCookie(services: HttpServices, request: FastifyRequest): Promise<PersonCaller | null> {
  const publicUrl = services.people.publicUrl();
  const token = readCookie(request, 'waping_session', publicUrl);
  if (token === null) return null;
  const caller = await authenticateSession(services.people, token);
  checkSameOrigin(request, publicUrl);
  return caller;
}

async function signedIn(services: HttpServices, request: FastifyRequest): Promise<PersonCaller> {
  const caller = await callerOfCookie(services, request);
  if (!caller) throw new WapingError('UNAUTHORIZED', 'sign in first: POST /v1/auth/sign-in');
  return caller;
}

interface Exchange {
  request: FastifyRequest;
  reply: FastifyReply;
}

/** Null where anyone may call. */
async function admit(
  route: AuthRoute,
  services: HttpServices,
  { request, reply }: Exchange,
): Promise<PersonCaller | null> {
  const { rateLimits } = services;
  if (route.access === 'public') {
    rateLimits.admitStranger(reply, addressOf(request));
    // Signing someone in as another is a forgery too.
    checkSameOrigin(request, services.people.publicUrl());
    return null;
  }
  const caller = await rateLimits.guard(request, reply, () => signedIn(services, request));
  const limits = await services.limits.of(caller.workspaceId);
  rateLimits.admitCall(reply, { ...caller, limits, rateClass: rateClassOf(route), sends: new Map() });
  return caller;
}

async function handle(route: AuthRoute, services: HttpServices, call: Exchange & { caller: PersonCaller | null }) {
  const { request, reply, caller } = call;
  const { people } = services;
  const publicUrl = people.publicUrl();
  const body = validateInput(route, { body: request.body });
  const { output, cookies } = await route.run({
    people,
    caller,
    body,
    origin: originOf(route, request, publicUrl),
    sessionToken: readCookie(request, 'waping_session', publicUrl),
  });
  if (cookies) writeCookies(reply, cookies, { request, publicUrl });
  reply.code(route.http.status).header('cache-control', 'no-store');
  if (route.http.status === 204) return reply.send();
  return reply.type('application/json; charset=utf-8').send(serialize(route, output));
}

// Who may call is settled before anything of the body is read.
function registerRoute(app: FastifyInstance, route: AuthRoute, services: HttpServices): void {
  const callers = new WeakMap<FastifyRequest, PersonCaller>();
  app.route({
    method: route.http.method,
    url: route.http.path,
    onRequest: async (request: FastifyRequest, reply: FastifyReply) => {
      refuseKeyInUrl(request);
      const caller = await admit(route, services, { request, reply });
      if (caller) callers.set(request, caller);
    },
    handler: (request, reply) => handle(route, services, { request, reply, caller: callers.get(request) ?? null }),
  });
}

/** One HTTP route for each. */
export function registerAuth(app: FastifyInstance, services: HttpServices): void {
  for (const route of authRoutes) registerRoute(app, route, services);
}
