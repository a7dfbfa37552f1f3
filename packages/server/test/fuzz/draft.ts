import type { Random } from './random.ts';
import { asJson, type Described } from './spec.ts';
import { SPECIAL } from './special.ts';
import { randomId, type Sources, valid } from './values.ts';
import type { Request } from './wire.ts';
import type { Credential, World } from './world.ts';

/** A request in parts, so that one part can be broken. */
export interface Draft {
  operation: Described;
  credential: Credential;
  method: string;
  /** Path with its ids, encoded. */
  path: string;
  /** Encoded already. */
  query: string[];
  headers: Record<string, string>;
  /** JSON value of the body; undefined for none. */
  body: unknown;
  /** Bytes that stand in for the body. */
  bytes: Buffer | null;
  /** Ids of another workspace that the path names. */
  foreign: string[];
}

const FOREIGN = 0.12;
const DRAWN_ANEW = 0.06;

/** A request that the description allows, with ids that mostly exist, sometimes in the other workspace. */
export function draft(world: World, random: Random, operation: Described): Draft {
  const credential = world.credential(operation, random);
  const { tenant, memory } = credential;
  const other = tenant ? world.otherThan(tenant) : undefined;
  const foreign: string[] = [];
  const ids = (prefix: string): string | undefined => {
    if (prefix === 'ws' && operation.access === 'operator') return spareWorkspace(world, random, credential);
    if (random.chance(DRAWN_ANEW)) return randomId(random, prefix);
    if (!other || !random.chance(FOREIGN)) return undefined;
    const [id] = random.shuffle(other.memory.ids(prefix));
    if (id !== undefined) foreign.push(id);
    return id;
  };
  const phones = (random.chance(FOREIGN) ? other : tenant)?.phones ?? [];
  const sources: Sources = { random, description: world.description, memory, phones, ids };
  const special = SPECIAL[operation.id];
  const drawn = operation.body === null ? undefined : (special?.body ?? valid(sources, operation.body, 'body'));
  const body =
    special?.aim && drawn ? special.aim(asJson(drawn), { random, memory, connected: tenant?.connected }) : drawn;
  // What a body names is another's to judge than what a path names: only the latter has to be 404.
  foreign.length = 0;
  const path = operation.path.replace(/\{(\w+)\}/g, (_all, name: string) => {
    const parameter = operation.parameters.find((one) => one.in === 'path' && one.name === name);
    return encodeURIComponent(String(valid(sources, parameter?.schema ?? {}, name)));
  });
  const named = [...foreign];
  return {
    operation,
    credential,
    method: operation.method,
    path,
    query: query(operation, sources),
    headers: { ...headers(operation, random), ...credential.headers },
    body,
    bytes: null,
    foreign: named,
  };
}

// The operator may suspend or end what it names: never a workspace that the run lives in.
function spareWorkspace(world: World, random: Random, { memory }: Credential): string {
  const taken = new Set([world.server.workspaceId, ...world.tenants.map(({ id }) => id)]);
  return random.pickOr(
    memory.ids('ws').filter((id) => !taken.has(id)),
    () => randomId(random, 'ws'),
  );
}

function query({ id, parameters }: Described, sources: Sources): string[] {
  const { random, memory } = sources;
  return parameters
    .filter((one) => one.in === 'query' && (one.required || random.chance(0.3)))
    .flatMap(({ name, schema }) => {
      // A cursor of another list, or of other filters, is as likely as the right one: either has an answer.
      const isCursor = name === 'cursor' || name === 'after';
      const few = SPECIAL[id]?.query?.[name];
      const drawn = () => (few ? random.pick(few) : valid(sources, schema, name));
      const value = isCursor ? random.pickOr(memory.values('nextCursor'), () => '') : drawn();
      return value === '' ? [] : [`${encodeURIComponent(name)}=${encodeURIComponent(String(value))}`];
    });
}

function headers({ parameters }: Described, random: Random): Record<string, string> {
  const out: Record<string, string> = {};
  const takesKey = parameters.some((one) => one.in === 'header' && one.name === 'Idempotency-Key');
  // Few keys, so that some come again: with the same request, with another, and while the first runs.
  if (takesKey && random.chance(0.4)) out['idempotency-key'] = `key-${random.below(60)}`;
  if (random.chance(0.2))
    out['accept'] = random.pick(['application/json', 'image/png', 'image/svg+xml', '*/*', 'text/html']);
  if (random.chance(0.2)) out['x-request-id'] = `mine-${random.below(1_000)}`;
  return out;
}

/** The draft as it goes on the wire. */
export function finish(draft: Draft): Request {
  const { method, path, query, body, bytes } = draft;
  const json = body === undefined ? null : Buffer.from(JSON.stringify(body) ?? 'null');
  const sent = bytes ?? json;
  return {
    method,
    path: query.length > 0 ? `${path}?${query.join('&')}` : path,
    headers: { ...(sent === null ? {} : { 'content-type': 'application/json' }), ...draft.headers },
    body: sent,
  };
}
