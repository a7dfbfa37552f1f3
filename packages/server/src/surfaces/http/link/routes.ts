import { randomBytes } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import {
  isPageOver,
  type LinkPageServices,
  openLinkPage,
  type PageState,
  type PageVisit,
  readLinkPage,
  startFromPage,
} from '../../../features/devices/index.ts';
import { E164 } from '../../../operations/fields.ts';
import { validateInput } from '../../../operations/validate.ts';
import { EVENT_STREAM, watchStream } from '../../../platform/sse.ts';
import { addressOf } from '../address.ts';
import { readCookie, writeCookies } from '../auth/cookies.ts';
import { checkSameOrigin } from '../auth/csrf.ts';
import { sendPage } from '../security-headers.ts';
import { sendBody } from '../send-body.ts';
import type { HttpServices } from '../server.ts';
import { LINK_SCRIPT, linkPage, linkPolicy } from './page.ts';

const NONCE_BYTES = 18;
const EVERY_MS = 500;
/** The browser connects again by itself. */
const MAX_MS = 5 * 60_000;
const JSON_TYPE = 'application/json; charset=utf-8';

/** As people write a number: with blanks, brackets, dashes, or 00 for the plus. */
const typedPhone = z
  .string()
  .max(40)
  .transform((text) => text.replace(/[\s().\-/]/g, '').replace(/^00/, '+'))
  .refine((text) => E164.test(text), { message: 'must be a number with its country code, such as +49 151 23456789' });

const startBody = z
  .strictObject({ method: z.enum(['qr', 'code']), phone: typedPhone.optional() })
  .refine(({ method, phone }) => method !== 'code' || phone !== undefined, { path: ['phone'], message: 'needed' });

const tokenOf = (request: FastifyRequest): string => String(Reflect.get(Object(request.params), 'token') ?? '');

/** What the page's script gets: an image it can show without breaking the page's policy. */
function toShown({ qr, ...state }: PageState) {
  const image = qr === null ? null : `data:image/svg+xml;base64,${Buffer.from(qr).toString('base64')}`;
  return { ...state, image };
}

function linkServices(services: HttpServices): LinkPageServices {
  return {
    db: services.db,
    limitsOf: (workspaceId) => services.limits.of(workspaceId),
    open: (workspaceId, sealed, context) => services.dataKeys.open(workspaceId, sealed, context),
    now: () => services.clock.now(),
    wakeDevices: () => services.wake.devices(),
  };
}

function showPage(reply: FastifyReply): FastifyReply {
  const nonce = randomBytes(NONCE_BYTES).toString('base64');
  return sendPage(reply, linkPolicy(nonce), linkPage(nonce));
}

/** Requests of one page: who asks is told by the address and the browser's cookie, so they count as a stranger's. */
class LinkRoutes {
  readonly #http: HttpServices;
  readonly #pages: LinkPageServices;

  constructor(http: HttpServices) {
    this.#http = http;
    this.#pages = linkServices(http);
  }

  #visit(request: FastifyRequest): PageVisit {
    const browser = readCookie(request, 'waping_link', this.#http.people.publicUrl());
    return { token: tokenOf(request), browser };
  }

  /** Before anything of a body is read. */
  admit(request: FastifyRequest, reply: FastifyReply): void {
    this.#http.rateLimits.admitStranger(reply, addressOf(request));
    checkSameOrigin(request, this.#http.people.publicUrl());
  }

  async open(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const visit = this.#visit(request);
    const browser = await openLinkPage(this.#pages, visit);
    if (browser !== null) {
      writeCookies(reply, { link: browser }, { request, publicUrl: this.#http.people.publicUrl() });
      visit.browser = browser;
    }
    const state = await readLinkPage(this.#pages, visit);
    return reply.type(JSON_TYPE).send(JSON.stringify(toShown(state)));
  }

  async start(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const body = startBody.parse(validateInput({ body: startBody }, { body: request.body }));
    await startFromPage(this.#pages, this.#visit(request), {
      method: body.method,
      phone: body.method === 'code' ? (body.phone ?? null) : null,
      address: addressOf(request),
      requestId: request.requestId,
    });
    return reply.code(204).send();
  }

  events(request: FastifyRequest, reply: FastifyReply): FastifyReply {
    const visit = this.#visit(request);
    const body = watchStream({
      event: 'link',
      read: () => readLinkPage(this.#pages, visit),
      isLast: isPageOver,
      everyMs: EVERY_MS,
      maxMs: MAX_MS,
      shown: toShown,
    });
    return sendBody(reply.type(EVENT_STREAM), body);
  }
}

/** The page on which a customer without an account links a phone. It asks the routes below it; none names a secret of ours. */
export function registerLinkPage(app: FastifyInstance, services: HttpServices): void {
  const routes = new LinkRoutes(services);
  const onRequest = async (request: FastifyRequest, reply: FastifyReply) => routes.admit(request, reply);
  app.get('/link/assets/link.js', async (_request, reply) =>
    reply.type('text/javascript; charset=utf-8').send(LINK_SCRIPT),
  );
  app.get('/link/:token', { onRequest }, async (_request, reply) => showPage(reply));
  app.post('/link/:token/open', { onRequest }, (request, reply) => routes.open(request, reply));
  app.post('/link/:token/start', { onRequest }, (request, reply) => routes.start(request, reply));
  app.get('/link/:token/events', { onRequest }, async (request, reply) => routes.events(request, reply));
}
