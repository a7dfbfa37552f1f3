import type { Break } from './breaks.ts';
import type { Draft } from './draft.ts';
import { nasty, nastyText } from './nasty.ts';
import type { Random } from './random.ts';
import { asJson } from './spec.ts';

const hasBody = ({ operation }: Draft) => operation.body !== null;
const asText = (draft: Draft) => JSON.stringify(draft.body ?? {}) ?? '{}';

/** Puts a value in place of one field, of the body or of an object inside it. */
function replaceField(body: unknown, random: Random, value: (old: unknown) => unknown): unknown {
  const json = asJson(body);
  const names = Object.keys(json);
  if (names.length === 0) return { ...json, [nastyText(random)]: nasty(random) };
  const name = random.pick(names);
  const inner = json[name];
  const goIn = inner !== null && typeof inner === 'object' && !Array.isArray(inner) && random.chance(0.6);
  return { ...json, [name]: goIn ? replaceField(inner, random, value) : value(inner) };
}

/** The same kind of value, beyond what any bound allows. */
function stretched(old: unknown, random: Random): unknown {
  if (typeof old === 'number') return random.pick([-old - 1, old + 0.5, 2 ** 53, -(2 ** 63), 1e300]);
  if (typeof old === 'string')
    return random.pick([nastyText(random), `${old}\0`, old.repeat(3_000).slice(0, 200_000), `${old}\ud800`]);
  return nasty(random);
}

function setBytes(draft: Draft, bytes: string | Buffer): void {
  draft.bytes = Buffer.from(bytes);
}

const shapeBreaks: Break[] = [
  {
    name: 'a required field left out',
    refused: true,
    applies: ({ operation }) => [operation.body?.['required'] ?? []].flat().length > 0,
    apply: (draft) => {
      draft.body = {};
    },
  },
  {
    name: 'an unknown field',
    refused: true,
    applies: hasBody,
    apply: (draft, random) => {
      const name = random.pick(['colour', 'workspaceId\u0430', 'isAdmin', '$where', 'ID']);
      draft.body = { ...asJson(draft.body), [name]: nasty(random) };
    },
  },
  {
    name: 'a field of another kind',
    refused: false,
    applies: hasBody,
    apply: (draft, random) => {
      draft.body = replaceField(draft.body, random, () => nasty(random));
    },
  },
  {
    name: 'a field out of bounds',
    refused: false,
    applies: hasBody,
    apply: (draft, random) => {
      draft.body = replaceField(draft.body, random, (old) => stretched(old, random));
    },
  },
  {
    name: 'a body that is no object',
    refused: true,
    applies: hasBody,
    apply: (draft, random) => setBytes(draft, random.pick(['[]', '"text"', '5', 'true', '[{}]', '[[[[]]]]'])),
  },
  {
    name: 'a body where none belongs',
    refused: false,
    applies: (draft) => !hasBody(draft),
    apply: (draft, random) => setBytes(draft, random.pick(['{}', '{"a":1}', '[]', 'null', '5', '{', ''])),
  },
];

const MALFORMED = ['{"a":}', "{'a':1}", '{"a":1,}', '\x01', '{"a":"\n"}', 'NaN'];

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

const textBreaks: Break[] = [
  {
    name: 'malformed JSON',
    refused: true,
    applies: hasBody,
    apply(draft, random) {
      const text = asText(draft);
      const cut = text.slice(0, 1 + random.below(Math.max(1, text.length - 1)));
      const texts = [cut, `${text}x`, `${text}${text}`, text.replaceAll('"', "'"), ...MALFORMED];
      setBytes(draft, random.pick(texts.filter((one) => !isJson(one))));
    },
  },
  {
    name: 'bytes that are no text',
    refused: false,
    applies: hasBody,
    apply: (draft, random) =>
      setBytes(
        draft,
        Buffer.concat([
          Buffer.from('{"label":"'),
          Buffer.from(random.pick(['ff', 'c328', 'eda080', 'f4908080', '00']), 'hex'),
          Buffer.from('"}'),
        ]),
      ),
  },
  {
    name: 'a name twice, or of the prototype',
    refused: false,
    applies: hasBody,
    apply(draft, random) {
      const inner = asText(draft).slice(1);
      const start = random.pick([
        '{"__proto__":{"a":1}',
        '{"constructor":{"prototype":{"a":1}}',
        '{"label":"a","label":"b"',
        '{"\\u0000":1',
      ]);
      setBytes(draft, inner === '}' ? `${start}}` : `${start},${inner}`);
    },
  },
  {
    name: 'nested without end',
    refused: true,
    applies: hasBody,
    apply(draft, random) {
      const depth = random.pick([100, 10_000, 200_000]);
      const [open, close] = random.pick([['[', ']'] as const, ['{"a":', '}'] as const]);
      setBytes(draft, `{"a":${open.repeat(depth)}1${close.repeat(depth)}}`);
    },
  },
  {
    name: 'a body beyond 1 MiB',
    refused: true,
    applies: hasBody,
    apply: (draft) => setBytes(draft, JSON.stringify({ ...asJson(draft.body), text: 'x'.repeat(1024 * 1024) })),
  },
  {
    name: 'another media type',
    refused: false,
    applies: ({ method }) => method !== 'GET',
    apply(draft, random) {
      draft.headers['content-type'] = random.pick([
        'text/plain',
        'application/xml',
        'multipart/form-data; boundary=x',
        'application/x-www-form-urlencoded',
        'application/json; charset=utf-16',
        'application/jsonx',
        'json',
        '',
        '/',
        'application/json; charset=',
        'application/merge-patch+json',
      ]);
      setBytes(draft, asText(draft));
    },
  },
  {
    name: 'an encoding it does not have',
    refused: false,
    applies: hasBody,
    apply: (draft, random) => {
      draft.headers['content-encoding'] = random.pick(['gzip', 'br', 'identity', 'rot13']);
    },
  },
];

export const bodyBreaks: readonly Break[] = [...shapeBreaks, ...textBreaks];
