import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import type { Json } from '../kit/api.ts';
import type { Draft } from './draft.ts';
import { asJson, type Described, type Description } from './spec.ts';
import type { Answer } from './wire.ts';

const MAX_TOLD = 200;
/** What no answer may let out. */
const INTERNALS =
  /node_modules| at .+\.[jt]s:\d+:\d+|duplicate key value|violates|syntax error at|relation "|ECONN|\/dist\/|SQLSTATE/;
const pointer = (text: string) => text.replaceAll('~', '~0').replaceAll('/', '~1');

/** Objects of the description take no field it does not name: what it does not tell of must not leave the server. */
function closed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(closed);
  if (value === null || typeof value !== 'object') return value;
  const out: Json = Object.fromEntries(Object.entries(value).map(([name, item]) => [name, closed(item)]));
  const isBare =
    out['type'] === 'object' && out['properties'] !== undefined && out['additionalProperties'] === undefined;
  return isBare ? { ...out, additionalProperties: false } : out;
}

/** Holds answers against the description. */
export class Checker {
  readonly #ajv: Ajv2020;
  readonly #compiled = new Map<string, ValidateFunction>();
  readonly #paths: Json;

  constructor({ document }: Description) {
    this.#ajv = new Ajv2020({ strict: false, allErrors: false, validateFormats: true });
    formats.default(this.#ajv);
    this.#ajv.addSchema({ $id: 'waping:openapi', ...asJson(closed(document)) });
    this.#paths = asJson(document['paths']);
  }

  /** What is wrong with an answer; empty where all is right. `refused`: it must not be a success. */
  findings({ operation, method, credential, foreign }: Draft, answer: Answer, refused: boolean): string[] {
    const { status, headers } = answer;
    const found: string[] = [];
    if (status >= 500) found.push(`answered ${status}`);
    if (!headers['x-request-id']?.startsWith('req_')) found.push('has no X-Request-Id');
    if (INTERNALS.test(answer.body.toString('latin1'))) found.push('tells of internals');
    if (status >= 300 && status < 400) found.push('sends elsewhere');
    const succeeded = status >= 200 && status < 300;
    if (succeeded && refused) found.push('took what must be refused');
    if (succeeded && foreign.length > 0) found.push('took an id of another workspace');
    const isGuarded = operation.access !== 'public' && method === operation.method;
    if (succeeded && isGuarded && credential.kind === 'nobody') found.push('let in who may not');
    if (status === 429 && !headers['retry-after']) found.push('says 429 without Retry-After');
    return [...found, ...this.#shape(operation, method, answer)];
  }

  #shape(operation: Described, method: string, answer: Answer): string[] {
    const { status, headers, body } = answer;
    if (method === 'HEAD') return [];
    const described = asJson(operation.responses[String(status)]);
    const isOther = method !== operation.method || described['description'] === undefined;
    const mayDiffer = method !== operation.method || this.#isOfTheServer(status);
    if (isOther && !mayDiffer) return ['is not described with this status'];
    if (status === 204) return body.length > 0 ? ['has a body with 204'] : [];
    const content = asJson(described['content']);
    if (!isOther && body.length === 0 && described['content'] === undefined) return [];
    const type = headers['content-type']?.split(';')[0] ?? 'none';
    if (type !== 'application/json') {
      const known = content[type] ?? content['*/*'];
      return isOther || known === undefined ? [`is ${type}, which is not described`] : [];
    }
    const parsed = parse(body);
    if (parsed === undefined) return ['is not JSON'];
    if (isOther && status < 400) return [];
    const place = isOther
      ? '#/components/schemas/Error'
      : `#/paths/${pointer(operation.path)}/${method.toLowerCase()}/responses/${status}/content/application~1json/schema`;
    return [...this.#mismatch(place, parsed), ...(status >= 400 ? envelope(parsed, answer) : [])];
  }

  // Said before an operation is found: a path or a method that none has, by another spelling of the path.
  #isOfTheServer(status: number): boolean {
    return status === 404 || status === 405;
  }

  #mismatch(place: string, value: unknown): string[] {
    const known = this.#compiled.get(place);
    const check = known ?? this.#ajv.compile({ $ref: `waping:openapi${place}` });
    this.#compiled.set(place, check);
    if (check(value)) return [];
    return [`does not match its schema: ${this.#ajv.errorsText(check.errors).slice(0, MAX_TOLD)}`];
  }

  /** Paths of the description, for what asks beside it. */
  get paths(): string[] {
    return Object.keys(this.#paths);
  }
}

function parse(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString());
  } catch {
    return undefined;
  }
}

function envelope(parsed: unknown, { status, headers }: Answer): string[] {
  const error = asJson(asJson(parsed)['error']);
  const found: string[] = [];
  if (error['requestId'] !== headers['x-request-id']) found.push('names another request id');
  if (error['docs'] !== `/docs/errors#${String(error['code'])}`) found.push('leads nowhere in the docs');
  if (status === 405 && !headers['allow']) found.push('says 405 without Allow');
  return found;
}
