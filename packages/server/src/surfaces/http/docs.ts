import { createHash, randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { VERSION } from '../../version.ts';
import { buildOpenApi } from './openapi.ts';
import { errorsPage, homePage, referencePage, STYLE } from './pages.ts';
import { REFERENCE_GUARD, REFERENCE_SCRIPT } from './reference-settings.ts';
import { sendPage } from './security-headers.ts';

const ASSET = new URL('../../assets/api-reference.js', import.meta.url);

const sourceHash = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

// Nothing is loaded from elsewhere, and only what bears the answer's nonce runs or styles. The reference sets style
// attributes, which take no nonce; unlike a style sheet they select nothing, and what they name cannot be loaded.
const PAGE_POLICY = `default-src 'none'; style-src ${sourceHash(STYLE)}; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;
const referencePolicy = (nonce: string) =>
  `default-src 'none'; script-src 'nonce-${nonce}'; style-src 'nonce-${nonce}'; style-src-attr 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;
const NONCE_BYTES = 18;

// Where the reader's browser found us. A Host header that is not a plain host and port is not repeated to anyone.
function originOf(request: FastifyRequest): string {
  return /^[\w.-]+(:\d+)?$|^\[[\da-f:]+\](:\d+)?$/i.test(request.host)
    ? `${request.protocol}://${request.host}`
    : 'http://127.0.0.1:3000';
}

interface OpenApiDocument {
  text: string;
  etag: string;
}

/** Builds the document when it is first asked for: a start, and with it every session, need not wait for it. */
function openApiOnDemand(): () => OpenApiDocument {
  let built: OpenApiDocument | undefined;
  return () => {
    if (built) return built;
    const text = JSON.stringify(buildOpenApi(VERSION));
    built = { text, etag: `"${createHash('sha256').update(text).digest('base64url').slice(0, 20)}"` };
    return built;
  };
}

/** The pages a person reads: served by this process alone, so they work without any network. */
export function registerDocs(app: FastifyInstance): void {
  const openApi = openApiOnDemand();
  app.get('/v1/openapi.json', async (request, reply) => {
    const { text, etag } = openApi();
    reply.header('etag', etag).header('cache-control', 'no-cache').type('application/json; charset=utf-8');
    if (request.headers['if-none-match'] === etag) return reply.code(304).send();
    return text;
  });
  const page = (path: string, policy: string, html: (request: FastifyRequest) => string) =>
    app.get(path, async (request, reply) => {
      return sendPage(reply, policy, html(request));
    });
  const errors = errorsPage();
  page('/', PAGE_POLICY, (request) => homePage(originOf(request)));
  page('/docs/errors', PAGE_POLICY, () => errors);
  app.get('/docs', async (_request, reply) => {
    const nonce = randomBytes(NONCE_BYTES).toString('base64');
    return sendPage(reply, referencePolicy(nonce), referencePage(nonce));
  });
  const script = (path: string, text: string) =>
    app.get(path, async (_request, reply) => reply.type('text/javascript; charset=utf-8').send(text));
  script('/docs/assets/guard.js', REFERENCE_GUARD);
  script('/docs/assets/init.js', REFERENCE_SCRIPT);
  app.get('/docs/assets/api-reference.js', async (_request, reply) => {
    reply.header('cache-control', 'public, max-age=86400').type('text/javascript; charset=utf-8');
    return readFile(ASSET);
  });
}
