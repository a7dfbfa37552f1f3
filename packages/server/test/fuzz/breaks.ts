import { bodyBreaks } from './break-body.ts';
import type { Draft } from './draft.ts';
import { nastyText } from './nasty.ts';
import type { Random } from './random.ts';

/** One way to break a request. */
export interface Break {
  name: string;
  /** Whether a request broken so must not succeed. */
  refused: boolean;
  applies(draft: Draft): boolean;
  apply(draft: Draft, random: Random): void;
}

const always = () => true;
const encoded = (random: Random) => encodeURIComponent(nastyText(random).replace(/[\ud800-\udfff]/g, '\ufffd'));
const listed =
  (name: string) =>
  ({ operation }: Draft) =>
    operation.parameters.some((one) => one.in === 'query' && one.name === name);
const hasPathId = ({ operation }: Draft) => operation.path.includes('{');

function setQuery(draft: Draft, name: string, value: string): void {
  draft.query = [...draft.query.filter((pair) => !pair.startsWith(`${name}=`)), `${name}=${value}`];
}

/** Puts something else in place of one id of the path. */
function replaceId(draft: Draft, value: string): void {
  const template = draft.operation.path.split('/');
  const at = template.findIndex((part) => part.startsWith('{'));
  draft.path = draft.path
    .split('/')
    .map((part, i) => (i === at ? value : part))
    .join('/');
  draft.foreign = [];
}

const queryBreaks: Break[] = [
  {
    name: 'a limit out of range',
    refused: true,
    applies: listed('limit'),
    apply: (draft, random) =>
      setQuery(draft, 'limit', random.pick(['0', '101', '-1', '1e9', 'abc', '1.5', '99999999999999999999', '%00'])),
  },
  {
    name: 'an order that is none',
    refused: true,
    applies: listed('order'),
    apply: (draft) => setQuery(draft, 'order', 'sideways'),
  },
  {
    name: 'a cursor that is none',
    refused: false,
    applies: (draft) => listed('cursor')(draft) || listed('after')(draft),
    apply(draft, random) {
      const forged = Buffer.from(`${'x'.repeat(random.below(20))}.${nastyText(random)}`)
        .toString('base64url')
        .slice(0, 600);
      setQuery(
        draft,
        listed('cursor')(draft) ? 'cursor' : 'after',
        random.pick([forged, encoded(random), 'MC4w', '-1', '9'.repeat(90)]),
      );
    },
  },
  {
    name: 'a parameter twice',
    refused: false,
    applies: ({ query }) => query.length > 0,
    apply: (draft, random) => draft.query.push(random.pick(draft.query)),
  },
  {
    name: 'an unknown parameter',
    refused: false,
    applies: always,
    apply: (draft, random) =>
      draft.query.push(`${random.pick(['colour', '__proto__', 'limit[]', 'a[b][c]', '%00', ''])}=${encoded(random)}`),
  },
  {
    name: 'a parameter of rubbish',
    refused: false,
    applies: ({ operation }) => operation.parameters.some((one) => one.in === 'query'),
    apply(draft, random) {
      const { name } = random.pick(draft.operation.parameters.filter((one) => one.in === 'query'));
      setQuery(draft, encodeURIComponent(name), encoded(random));
    },
  },
  {
    name: 'a query that is no encoding',
    refused: false,
    applies: always,
    apply: (draft, random) =>
      draft.query.push(random.pick(['limit=%', '%zz', '&&&', '=%ff', 'a=%c3%28', '?', 'a'.repeat(9_000)])),
  },
  {
    name: 'a key in the URL',
    refused: true,
    applies: always,
    apply: (draft, random) =>
      draft.query.push(`${random.pick(['key', 'api_key', 'access_token'])}=wap_${'0'.repeat(26)}_x_y`),
  },
];

const pathBreaks: Break[] = [
  {
    name: 'an id of rubbish',
    refused: false,
    applies: hasPathId,
    apply: (draft, random) => replaceId(draft, encoded(random).slice(0, 9_000) || '%20'),
  },
  {
    name: 'an id that is no encoding',
    refused: true,
    applies: hasPathId,
    apply: (draft, random) => replaceId(draft, random.pick(['%', '%zz', '%ff', '%c3%28', '%ed%a0%80'])),
  },
  {
    name: 'an id that climbs',
    refused: false,
    applies: hasPathId,
    apply: (draft, random) =>
      replaceId(draft, random.pick(['..', '.', '..%2f..', '%2e%2e%2f', '..\\..', '%5c', ';a=b', '*', '/'])),
  },
  {
    name: 'another spelling of the path',
    refused: false,
    applies: always,
    apply(draft, random) {
      const { path } = draft;
      draft.path = random.pick([
        `${path}/`,
        `/${path}`,
        path.toUpperCase(),
        `/v1/..${path}`,
        path.replace('/v1', '/v1/.'),
        `${path};x`,
        `${path}%20`,
        `${path}%2f`,
      ]);
      draft.foreign = [];
    },
  },
  {
    name: 'another method',
    refused: false,
    applies: always,
    apply(draft, random) {
      draft.method = random.pick([
        'GET',
        'POST',
        'PUT',
        'PATCH',
        'DELETE',
        'HEAD',
        'OPTIONS',
        'TRACE',
        'PROPFIND',
        'SEARCH',
      ]);
      draft.foreign = [];
    },
  },
];

const headerBreaks: Break[] = [
  {
    name: 'a bad Idempotency-Key',
    refused: true,
    applies: ({ operation }) => operation.parameters.some((one) => one.name === 'Idempotency-Key'),
    apply(draft, random) {
      draft.headers['idempotency-key'] = random.pick(['', 'a b', 'x'.repeat(256), 'caf\u00e9']);
    },
  },
  {
    name: 'a header that attacks',
    refused: false,
    applies: always,
    apply(draft, random) {
      const [name, value] = random.pick<[string, string]>([
        ['x-request-id', 'x'.repeat(4_000)],
        ['x-request-id', 'caf\u00e9'],
        ['host', 'evil.example'],
        ['host', '<script>'],
        ['x-forwarded-for', '127.0.0.1, ::1, <b>'],
        ['x-forwarded-host', 'evil.example'],
        ['x-http-method-override', 'DELETE'],
        ['x-original-url', '/v1/operator/workspaces'],
        ['accept', 'a'.repeat(3_000)],
        ['accept-encoding', 'gzip, br, *;q=0'],
        ['range', 'bytes=0-18446744073709551615'],
        ['if-none-match', '*'],
        ['expect', '200-ok'],
        ['origin', 'null'],
        ['cookie', 'a'.repeat(8_000)],
        ['connection', 'upgrade'],
        ['upgrade', 'websocket'],
        ['authorization', `Bearer ${'x'.repeat(7_000)}`],
        ['authorization', 'Bearer wap_caf\u00e9'],
      ]);
      draft.headers[name] = value;
      // Nobody knows now who asks, where that is what this header would have said.
      const { access } = draft.operation;
      const says = draft.credential.kind === 'person' && access === 'person' ? 'cookie' : 'authorization';
      if (name === says || (name === 'cookie' && draft.credential.kind === 'person'))
        draft.credential = { ...draft.credential, kind: 'nobody' };
    },
  },
  {
    name: 'a write from another site',
    refused: true,
    applies: ({ method, credential }) => method !== 'GET' && credential.kind === 'person',
    apply(draft, random) {
      const how = random.pick(['site', 'origin', 'missing']);
      if (how === 'site') draft.headers['sec-fetch-site'] = 'cross-site';
      else if (how === 'origin') draft.headers['origin'] = 'https://evil.example';
      else delete draft.headers['x-waping-csrf'];
    },
  },
];

/** Every way there is. */
export const BREAKS: readonly Break[] = [...queryBreaks, ...pathBreaks, ...headerBreaks, ...bodyBreaks];
