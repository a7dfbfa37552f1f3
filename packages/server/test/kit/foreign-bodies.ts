import { z } from 'zod';
import { type IdPrefix, newId } from '../../src/platform/ids.ts';
import type { Json } from './api.ts';
import { exampleOf, type Ids, leastOf } from './example-input.ts';
import { bare, leavesOf } from './field-paths.ts';
import { SOME_FILE } from './inputs.ts';

const KINDS: readonly IdPrefix[] = [
  'dev',
  'msg',
  'cnv',
  'con',
  'evt',
  'key',
  'usr',
  'ses',
  'inv',
  'job',
  'grp',
  'lnk',
  'med',
  'tpl',
  'call',
  'whk',
  'wdl',
];

/** A field of a body that takes ids of a kind. */
export interface IdField {
  at: readonly string[];
  prefix: string;
}

/** Every field of a body that takes an id, once for each kind it takes. A free text takes none: it takes anything. */
export function idFields(body: z.ZodObject): IdField[] {
  const probes = KINDS.map((prefix) => ({ prefix, id: newId(prefix) }));
  const nobodys = newId('msg').replace('msg', 'zzz');
  return leavesOf(body).flatMap(({ at, schema }) => {
    if (schema.safeParse(nobodys).success) return [];
    return probes.flatMap(({ prefix, id }) => (schema.safeParse(id).success ? [{ at, prefix }] : []));
  });
}

interface How {
  /** The id that is put there. */
  id: string;
  base: (schema: z.ZodObject) => Json;
  /** What an object needs beside a field further inside of it, by the name under which it stands. */
  beside: Record<string, Json>;
}

/** The content of a type stands under the type's name, and no other content beside it. */
function asType(schema: z.ZodObject, body: Json, name: string): Json {
  const type = bare(schema.shape['type']);
  if (!(type instanceof z.ZodEnum) || body['type'] === name || !type.safeParse(name).success) return body;
  return { ...Object.fromEntries(Object.entries(body).filter(([other]) => other !== body['type'])), type: name };
}

function placed(schema: unknown, [name, ...rest]: readonly string[], how: How, under = ''): unknown {
  if (name === undefined) return how.id;
  const inner = bare(schema);
  if (inner instanceof z.ZodArray) return [placed(inner.element, rest, how)];
  if (!(inner instanceof z.ZodObject)) throw new Error(`${name} stands in no object`);
  const beside = rest.length > 0 ? how.beside[under] : {};
  const value = placed(inner.shape[name], rest, how, name);
  return asType(inner, { ...how.base(inner), ...beside, [name]: value }, name);
}

const isJson = (value: unknown): value is Json => value !== null && typeof value === 'object';

/**
 * A valid body in which the field names a foreign id, and all else is the caller's own. Throws where none can be made:
 * then a field lacks an example.
 */
export function bodyNaming(
  body: z.ZodObject,
  { at, prefix }: IdField,
  ids: { own: Ids; foreign: Ids; beside: Record<string, Json> },
): Json {
  const id = ids.foreign[prefix];
  if (id === undefined) throw new Error(`${at.join('.')} takes ids of ${prefix}, and there is none of the others`);
  for (const base of [leastOf, exampleOf]) {
    const found = placed(body, at, { id, base: (schema) => base(schema, ids.own), beside: ids.beside });
    if (!isJson(found)) continue;
    const whole = 'file' in body.shape ? { ...found, file: SOME_FILE } : found;
    if (body.safeParse(whole).success) return found;
  }
  throw new Error(`no valid body names ${at.join('.')}`);
}
