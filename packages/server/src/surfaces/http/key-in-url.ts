import type { FastifyRequest } from 'fastify';
import { WapingError } from '../../platform/errors.ts';

/** Keys in URLs end up in logs and histories, so they are refused before they could work. Throws UNAUTHORIZED. */
export function refuseKeyInUrl(request: FastifyRequest): void {
  if (!/[?&][^=&]*=wap_/i.test(request.url)) return;
  throw new WapingError('UNAUTHORIZED', 'never put an API key in a URL; send it as: Authorization: Bearer wap_…');
}
