import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { contentOf, findMedia, type MediaRow } from '../../features/media/index.ts';
import { WapingError } from '../../platform/errors.ts';
import { isId } from '../../platform/ids.ts';
import { nameOfCredential } from './rate-limits.ts';
import { sendBody } from './send-body.ts';
import type { HttpServices } from './server.ts';

const notGood = (): WapingError =>
  new WapingError('UNAUTHORIZED', 'this link is not valid, or not any more', { param: 'signature' });

const text = (from: unknown, name: string): string => {
  const value: unknown = Reflect.get(Object(from), name);
  return typeof value === 'string' ? value : '';
};

/** The media a link opens. Throws UNAUTHORIZED for one that is not ours or has ended, FORBIDDEN for a suspended workspace. */
async function mediaOf({ db, live, limits, clock }: HttpServices, request: FastifyRequest): Promise<MediaRow | null> {
  const workspaceId = text(request.params, 'workspaceId');
  const mediaId = text(request.params, 'mediaId');
  const expires = /^\d{1,12}$/.test(text(request.query, 'expires')) ? Number(text(request.query, 'expires')) : 0;
  if (!isId('ws', workspaceId) || !isId('med', mediaId)) throw notGood();
  const link = { workspaceId, mediaId, expires };
  const good = await live.media.links
    .isGood(link, text(request.query, 'signature'), clock.now())
    .catch((error: unknown) => {
      // A workspace that is not there has no key to have signed with; a database that does not answer says nothing.
      if (error instanceof WapingError) throw error;
      return false;
    });
  if (!good) throw notGood();
  if ((await limits.of(workspaceId)).suspended) throw new WapingError('FORBIDDEN', 'workspace suspended');
  return findMedia(db.within(workspaceId), workspaceId, mediaId);
}

async function open(services: HttpServices, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const shown = nameOfCredential(request.url);
  const row = await services.rateLimits.guard(request, reply, () => mediaOf(services, request), shown);
  if (!row) throw new WapingError('NOT_FOUND', 'no such media', { param: 'mediaId' });
  const { headers, contentType, body, status } = await contentOf(services.live.media, row, {
    range: request.headers.range,
    'if-range': text(request.headers, 'if-range') || undefined,
    'if-none-match': request.headers['if-none-match'],
  });
  // A link is there to be shown on other pages than ours.
  reply.code(status ?? 200).headers({ ...headers, 'cross-origin-resource-policy': 'cross-origin' });
  return sendBody(reply.type(contentType), body);
}

/** Where signed links lead: media for whoever has the link, with no key and no session. */
export function registerMediaLinks(app: FastifyInstance, services: HttpServices): void {
  app.get('/media/:workspaceId/:mediaId', (request, reply) => open(services, request, reply));
}
