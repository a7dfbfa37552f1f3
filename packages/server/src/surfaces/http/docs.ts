import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { FastifyInstance } from 'fastify';
import { VERSION } from '../../version.ts';
import { buildOpenApi } from './openapi.ts';
import { errorsPage, homePage, referencePage, STYLE } from './pages.ts';

const ASSET = new URL('../../assets/api-reference.js', import.meta.url);

const sourceHash = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

// Nothing is loaded from elsewhere. The reference's own script writes inline styles and evaluates nothing.
const PAGE_POLICY = `default-src 'none'; style-src ${sourceHash(STYLE)}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;
const REFERENCE_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** The pages a person reads: served by this process alone, so they work without any network. */
export function registerDocs(app: FastifyInstance): void {
  const document = JSON.stringify(buildOpenApi(VERSION));
  const etag = `"${createHash('sha256').update(document).digest('base64url').slice(0, 20)}"`;
  app.get('/v1/openapi.json', async (request, reply) => {
    reply.header('etag', etag).header('cache-control', 'no-cache').type('application/json; charset=utf-8');
    if (request.headers['if-none-match'] === etag) return reply.code(304).send();
    return document;
  });
  const page = (path: string, html: string, policy: string) =>
    app.get(path, async (_request, reply) => {
      reply
        .header('content-security-policy', policy)
        .header('referrer-policy', 'no-referrer')
        .type('text/html; charset=utf-8');
      return html;
    });
  page('/', homePage(), PAGE_POLICY);
  page('/docs', referencePage(), REFERENCE_POLICY);
  page('/docs/errors', errorsPage(), PAGE_POLICY);
  app.get('/docs/assets/init.js', async (_request, reply) => {
    reply.type('text/javascript; charset=utf-8');
    return "Scalar.createApiReference('#reference', { url: '/v1/openapi.json', withDefaultFonts: false, telemetry: false, hideClientButton: true, agent: { disabled: true }, mcp: { disabled: true }, documentDownloadType: 'json' });";
  });
  app.get('/docs/assets/api-reference.js', async (_request, reply) => {
    reply.header('cache-control', 'public, max-age=86400').type('text/javascript; charset=utf-8');
    return readFile(ASSET);
  });
}
