import type { FastifyRequest } from 'fastify';
import { WapingError } from '../../../platform/errors.ts';

/** The header every write with a cookie carries. A form cannot send it, a script of another site may not. */
export const CSRF_HEADER = 'x-waping-csrf';

const refused = (message: string) => new WapingError('FORBIDDEN', message, { details: [{ param: 'csrf', message }] });

function hostOf(url: string): string | null {
  return URL.canParse(url) ? new URL(url).host : null;
}

/**
 * Refuses a write that another site made a browser send: browsers say where a request comes from (Sec-Fetch-Site,
 * Origin), and only a page of ours can add our header. Throws FORBIDDEN with `csrf` in its details.
 */
export function checkSameOrigin(request: FastifyRequest, publicUrl: string): void {
  if (request.method === 'GET' || request.method === 'HEAD') return;
  const site = request.headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin') throw refused('this request comes from another site');
  const { origin } = request.headers;
  if (origin !== undefined) {
    const from = hostOf(origin);
    if (from === null || (from !== request.host && from !== hostOf(publicUrl))) {
      throw refused('this request comes from another site');
    }
  }
  if (request.headers[CSRF_HEADER] === undefined) throw refused('send the header X-Waping-Csrf: 1');
}
