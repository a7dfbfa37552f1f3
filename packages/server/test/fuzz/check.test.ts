import { describe, expect, it } from 'vitest';
import { Checker } from './check.ts';
import type { Draft } from './draft.ts';
import { Memory } from './memory.ts';
import { markerOf, Ownership } from './ownership.ts';
import { Description } from './spec.ts';

const ID = 'dev_01jd8k3v5q7w9x2y4z6a8b0c1d';
const thing = { type: 'object', required: ['id'], properties: { id: { type: 'string' } } };
const json = (schema: object) => ({ description: 'x', content: { 'application/json': { schema } } });
const description = new Description({
  paths: {
    '/v1/things/{thingId}': {
      get: {
        operationId: 'things.get',
        responses: {
          200: json({ $ref: '#/components/schemas/Thing' }),
          404: json({ $ref: '#/components/schemas/Error' }),
        },
      },
    },
  },
  components: { schemas: { Thing: thing, Error: { type: 'object', properties: { error: { type: 'object' } } } } },
});
const checker = new Checker(description);

function draftOf(more: Partial<Draft> = {}): Draft {
  const [operation] = description.operations;
  if (!operation) throw new Error('nothing is described');
  const credential = { name: 'a key', tenant: null, kind: 'key', headers: {}, memory: new Memory('s') } as const;
  const rest = { path: '', query: [], headers: {}, body: undefined, bytes: null, foreign: [] };
  return { operation, credential, method: 'GET', ...rest, ...more };
}

function findings(
  status: number,
  body: unknown,
  more: { draft?: Partial<Draft>; refused?: boolean; headers?: object } = {},
) {
  const headers = { 'x-request-id': 'req_1', 'content-type': 'application/json', ...more.headers };
  const answer = { status, headers, body: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)) };
  return checker.findings(draftOf(more.draft), answer, more.refused ?? false).join('; ');
}

const error = { error: { code: 'NOT_FOUND', requestId: 'req_1', docs: '/docs/errors#NOT_FOUND' } };

describe('an answer', () => {
  it('that is as described has nothing wrong with it', () => {
    expect(findings(200, { id: ID })).toBe('');
    expect(findings(404, error)).toBe('');
  });

  it.each([
    ['a 5xx', () => findings(500, error), /answered 500/],
    ['a status that is not described', () => findings(409, error), /not described with this status/],
    ['a field that is not described', () => findings(200, { id: ID, secret: 1 }), /does not match its schema/],
    ['a field that is missing', () => findings(200, {}), /does not match its schema/],
    ['another media type', () => findings(200, 'hello', { headers: { 'content-type': 'text/html' } }), /text\/html/],
    ['no JSON', () => findings(200, '{'), /is not JSON/],
    ['no request id', () => findings(200, { id: ID }, { headers: { 'x-request-id': '' } }), /no X-Request-Id/],
    [
      'another request id',
      () => findings(404, { error: { ...error.error, requestId: 'req_2' } }),
      /another request id/,
    ],
    ['a stack', () => findings(200, { id: 'x at run (file:///app/dist/a.js:1:2)' }), /internals/],
    ['a success where it must be refused', () => findings(200, { id: ID }, { refused: true }), /must be refused/],
    ['a success with a foreign id', () => findings(200, { id: ID }, { draft: { foreign: [ID] } }), /another workspace/],
    [
      'a success for nobody',
      () => findings(200, { id: ID }, { draft: { credential: { ...draftOf().credential, kind: 'nobody' } } }),
      /who may not/,
    ],
  ])('with %s is found', (_what, found, reason) => {
    expect(found()).toMatch(reason);
  });
});

describe('data of another workspace', () => {
  const ownership = new Ownership();
  ownership.note('t2', JSON.stringify({ id: ID }));

  it('is found by its id, unless the asker named it', () => {
    expect(ownership.foreign('t3', `{"id":"${ID}"}`, '')).toEqual(['an id (dev_…) of another workspace']);
    expect(ownership.foreign('t3', `{"id":"${ID}"}`, `/v1/devices/${ID}`)).toEqual([]);
    expect(ownership.foreign('t2', `{"id":"${ID}"}`, '')).toEqual([]);
  });

  it('is found by its marker', () => {
    expect(ownership.foreign('t3', `Desk ${markerOf('t2')}`, '')).toEqual(['data of another workspace']);
    expect(ownership.foreign('t2', `Desk ${markerOf('t2')}`, '')).toEqual([]);
  });
});
