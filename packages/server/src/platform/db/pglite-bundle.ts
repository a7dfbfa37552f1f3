import type { WireStatement } from './pglite-protocol.ts';
import { ROWS } from './port.ts';
import type { Identity } from './tenant.ts';

/** Something that asks for statements to be run together. */
interface Asking {
  as: Identity;
  statements: readonly WireStatement[];
}

/** Statements run once for all who asked for them. */
export interface Bundle<R extends Asking> {
  as: Identity;
  requests: R[];
  statements: readonly WireStatement[];
}

// Array literals are ours, written by `encodeValue`: braces around, no space.
const isArray = (value: unknown): value is string =>
  typeof value === 'string' && value.length > 2 && value.startsWith('{');

const isRows = ({ sql, values }: WireStatement): boolean => sql.startsWith(ROWS) && values.every(isArray);

/** Puts one workspace's requests of the same row-wise statements together; every other one stays alone. Keeps the order of the first of each. */
export function bundle<R extends Asking>(requests: readonly R[]): Bundle<R>[] {
  const bundles = new Map<string | R, R[]>();
  for (const request of requests) {
    const { as, statements } = request;
    const key = statements.every(isRows) ? [as, ...statements.map(({ sql }) => sql)].join('\n') : request;
    const known = bundles.get(key);
    if (known) known.push(request);
    else bundles.set(key, [request]);
  }
  return Array.from(bundles.values(), (same) => ({
    as: same[0]?.as ?? null,
    requests: same,
    statements: joined(same),
  }));
}

/** The same requests, those of one identity side by side and those of `first` before all: each change of hands is a statement. */
export function byIdentity<R extends Asking>(requests: readonly R[], first: Identity | undefined): R[] {
  const groups = new Map<Identity, R[]>();
  if (first !== undefined) groups.set(first, []);
  for (const request of requests) {
    const group = groups.get(request.as);
    if (group) group.push(request);
    else groups.set(request.as, [request]);
  }
  return [...groups.values()].flat();
}

function joined(requests: readonly Asking[]): readonly WireStatement[] {
  const [first, ...more] = requests;
  if (first === undefined || more.length === 0) return first?.statements ?? [];
  return first.statements.map(({ sql, values }, at) => ({
    sql,
    values: values.map((_, column) => joinArrays(requests.map((one) => one.statements[at]?.values[column]))),
  }));
}

/** One array literal with the elements of all. */
function joinArrays(literals: readonly unknown[]): string {
  return `{${literals
    .filter(isArray)
    .map((literal) => literal.slice(1, -1))
    .join(',')}}`;
}
