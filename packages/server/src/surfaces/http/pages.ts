import { ERROR_CODES, type ErrorCode } from '../../platform/errors.ts';
import { VERSION } from '../../version.ts';

const WHEN: Record<ErrorCode, string> = {
  VALIDATION_ERROR:
    'Malformed JSON, a bad or unknown field, or a payload this device cannot send. <code>details</code> names each field.',
  UNAUTHORIZED:
    'The API key is missing, malformed, unknown, expired or revoked; or nobody is signed in, or a password or code is wrong.',
  FORBIDDEN:
    'The key or person is known, but its scopes, device list or address list, its role, the plan or a suspended workspace do not allow this, or another site sent the request. <code>details</code> says which.',
  QUOTA_EXCEEDED: 'The monthly outbound quota or the plan’s number of devices is used up.',
  RECIPIENT_OPTED_OUT: 'The contact has opted out of messages and this one is not marked transactional.',
  NOT_FOUND: 'Nothing with this id exists in your workspace.',
  METHOD_NOT_ALLOWED: 'The path exists, with another method. See the <code>Allow</code> header.',
  IDEMPOTENCY_CONFLICT: 'This Idempotency-Key was used with another body. Use a new key for a new request.',
  IDEMPOTENCY_IN_PROGRESS:
    'The first request with this key still runs. Try again after <code>Retry-After</code> seconds.',
  SESSION_DISCONNECTED:
    'The device is not linked, or its phone removed it. A person with the phone must link it again.',
  CONFLICT: 'The object is in a state that does not allow this.',
  CURSOR_EXPIRED:
    'Events behind this cursor are past the workspace’s retention and were deleted. <code>details</code> names the oldest cursor: go on from there, and read anew what you keep.',
  PAYLOAD_TOO_LARGE:
    'The body is larger than 1 MiB, or an uploaded file than 100 MiB; or a file is larger than WhatsApp takes of its kind. The message says which.',
  UNSUPPORTED_MEDIA_TYPE:
    'Send the body as <code>application/json</code>, an upload (<code>POST /v1/media</code>) as <code>multipart/form-data</code>; or a file is of a type that cannot be sent as what it is meant for.',
  RATE_LIMITED: 'Too many requests. <code>details</code> says which policy; wait <code>Retry-After</code> seconds.',
  SERVER_ERROR: 'Something went wrong here. Quote the request id: the log has the rest.',
  SERVICE_UNAVAILABLE: 'The service cannot answer just now. Try again after <code>Retry-After</code> seconds.',
};

export const STYLE = `
:root{color-scheme:light dark;--ink:#17202a;--soft:#5b6773;--line:#dfe5ea;--paper:#fff;--accent:#0b7a5c}
@media(prefers-color-scheme:dark){:root{--ink:#e8edf1;--soft:#9aa7b2;--line:#2b353e;--paper:#12181d;--accent:#4cc9a0}}
*{box-sizing:border-box}body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.55 system-ui,sans-serif}
main{max-width:46rem;margin:0 auto;padding:3rem 1.25rem}h1{font-size:1.9rem;margin:0 0 .25rem}h2{font-size:1.1rem;margin:2rem 0 .25rem}
p{margin:.5rem 0}a{color:var(--accent)}.soft{color:var(--soft)}code{font:.92em ui-monospace,monospace}
pre{white-space:pre-wrap;overflow-wrap:anywhere;padding:1rem;border:1px solid var(--line);border-radius:.5rem;font-size:.875rem}
dt{margin-top:1.25rem;font:600 .95rem ui-monospace,monospace}dd{margin:.15rem 0 0}dt span{color:var(--soft);font-weight:400}
dt:target{color:var(--accent)}dt{scroll-margin-top:1rem}dt a{color:inherit;text-decoration:none}dt a:hover{text-decoration:underline}ul{padding-left:1.2rem}`;

const ICON =
  "data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'><path d='M8 1a7 7 0 1 1-3.3 13.2L1 15l.9-3.5A7 7 0 0 1 8 1z' fill='%230b7a5c'/><path d='M5 8h6M8.5 5.5 11 8l-2.5 2.5' fill='none' stroke='white' stroke-width='1.5'/></svg>";

/** A page around a body. `style` is whole, since the content security policy names its hash. */
export function shell(title: string, body: string, style: string = STYLE): string {
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><link rel="icon" href="${ICON}"><title>${title}</title><style>${style}</style></head><body><main>${body}</main></body></html>`;
}

export function homePage(origin: string): string {
  return shell(
    'WAPing',
    `<h1>WAPing is running</h1><p class="soft">Version ${VERSION}</p>
<ul><li><a href="/docs">API reference</a>: every operation, with a client to try them</li>
<li><a href="/docs/errors">Errors</a>: what each code means and what to do</li>
<li><a href="/v1/openapi.json">OpenAPI 3.1 description</a></li></ul>
<h2>First steps</h2><p>Your API key was printed when WAPing started for the first time. <code>waping keys create --name …</code> makes another.</p>
<pre>curl -H "Authorization: Bearer $WAPING_KEY" \\
  -H "Content-Type: application/json" \\
  -d '{"label":"Support","network":"sandbox"}' \\
  ${origin}/v1/devices</pre>`,
  );
}

/** `nonce` is of this answer alone; the page's policy names it. */
export function referencePage(nonce: string): string {
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><link rel="icon" href="${ICON}"><title>WAPing API reference</title></head><body><div id="reference"></div><noscript>This page needs JavaScript. The description is at <a href="/v1/openapi.json">/v1/openapi.json</a>.</noscript><script nonce="${nonce}" src="/docs/assets/guard.js"></script><script nonce="${nonce}" src="/docs/assets/api-reference.js"></script><script nonce="${nonce}" src="/docs/assets/init.js"></script></body></html>`;
}

export function errorsPage(): string {
  const rows = Object.entries(WHEN)
    .map(
      ([code, when]) =>
        `<dt id="${code}"><a href="#${code}">${code}</a> <span>HTTP ${statusOf(code)}</span></dt><dd>${when}</dd>`,
    )
    .join('');
  return shell(
    'WAPing errors',
    `<h1>Errors</h1><p class="soft">Every failed request answers with one envelope. <code>code</code> is stable; tolerate codes you do not know.</p><dl>${rows}</dl><p><a href="/docs">API reference</a></p>`,
  );
}

function statusOf(code: string): number {
  return Object.entries(ERROR_CODES).find(([name]) => name === code)?.[1] ?? 500;
}
