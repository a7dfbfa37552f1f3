import fc from 'fast-check';
import { PASSWORD } from '../kit/person.ts';
import type { Memory } from './memory.ts';
import type { Random } from './random.ts';
import { asJson, asList, type Description } from './spec.ts';

const ID_EXAMPLE = /^([a-z]{2,4})_[0-9a-z]{26}$/;
const WORDS = [
  'Order',
  'shipped',
  'Ünïcödé',
  '你好',
  '🎉',
  'مرحبا',
  "O'Brien",
  '<b>',
  '{x}',
  '%s',
  '--',
  'null',
  '0',
  '\\',
  '"',
];
const MAX_DEPTH = 8;

/** What values are drawn from. */
export interface Sources {
  random: Random;
  description: Description;
  memory: Memory;
  phones: readonly string[];
  /** Ids by their prefix, where they should not come from the memory. */
  ids?(prefix: string): string | undefined;
}

/** An id of this kind that nothing has. */
export function randomId(random: Random, prefix: string): string {
  const letters = '0123456789abcdefghjkmnpqrstvwxyz';
  return `${prefix}_01${Array.from({ length: 24 }, () => random.pick([...letters])).join('')}`;
}

/** A value that the schema accepts, as far as a schema can say: known ids, numbers and texts where the name or the example tells. */
export function valid(sources: Sources, given: unknown, name: string, depth = 0): unknown {
  const { random, description } = sources;
  const schema = description.follow(asJson(given));
  if (Array.isArray(schema['enum'])) return random.pick(schema['enum']);
  if ('const' in schema) return schema['const'];
  const choices = asList(schema['anyOf'] ?? schema['oneOf']);
  if (choices.length > 0) return valid(sources, { ...without(schema), ...random.pick(choices) }, name, depth + 1);
  const [type] = random.shuffle([schema['type']].flat());
  if (type === 'object') return validObject(sources, schema, depth);
  if (type === 'array') return validArray(sources, schema, name, depth);
  if (type === 'integer' || type === 'number') return validNumber(random, schema, type);
  if (type === 'boolean') return random.chance(0.5);
  if (type === 'null') return null;
  return validString(sources, schema, name);
}

function without({ anyOf: _any, oneOf: _one, ...schema }: Record<string, unknown>): Record<string, unknown> {
  return schema;
}

/**
 * The fields of which only one may be there: an enum `type` names it, as a message's content stands under its type's
 * name. Null where the schema has no such choice.
 */
function alternatives({ description }: Sources, properties: Record<string, unknown>): string[] | null {
  const { enum: types } = description.follow(asJson(properties['type']));
  if (!Array.isArray(types)) return null;
  const named = types.map(String).filter((one) => one in properties);
  return named.length > 1 ? named : null;
}

function validObject(sources: Sources, given: Record<string, unknown>, depth: number): Record<string, unknown> {
  const { random } = sources;
  const among = alternatives(sources, asJson(given['properties']));
  const [chosen] = among ? random.shuffle(among) : [];
  const schema = among && chosen !== undefined ? narrowed(given, among, chosen) : given;
  const required = new Set([schema['required'] ?? []].flat().map(String));
  const out: Record<string, unknown> = {};
  for (const [name, field] of Object.entries(asJson(schema['properties']))) {
    const wanted = required.has(name) || (depth < MAX_DEPTH && random.chance(0.4));
    if (wanted) out[name] = valid(sources, field, name, depth + 1);
  }
  const more = schema['additionalProperties'];
  if (more !== null && typeof more === 'object' && Object.keys(asJson(schema['properties'])).length === 0) {
    for (let left = random.below(4); left > 0; left -= 1)
      out[`key${random.below(100)}`] = valid(sources, more, 'value', depth + 1);
  }
  return out;
}

/** The schema with the content of one type, required, and of no other. */
function narrowed(schema: Record<string, unknown>, among: readonly string[], type: string): Record<string, unknown> {
  const fields = Object.entries(asJson(schema['properties'])).filter(
    ([name]) => name === type || !among.includes(name),
  );
  return {
    ...schema,
    properties: { ...Object.fromEntries(fields), type: { const: type } },
    required: [...[schema['required'] ?? []].flat(), 'type', type],
  };
}

function validArray(sources: Sources, schema: Record<string, unknown>, name: string, depth: number): unknown[] {
  const least = Number(schema['minItems'] ?? 0);
  const most = Math.min(Number(schema['maxItems'] ?? 4), least + 4);
  const length = least + sources.random.below(Math.max(1, most - least + 1));
  return Array.from({ length }, () => valid(sources, schema['items'], name.replace(/s$/, ''), depth + 1));
}

function validNumber(random: Random, schema: Record<string, unknown>, type: string): number {
  const least = Number(
    schema['minimum'] ?? (schema['exclusiveMinimum'] === undefined ? 0 : Number(schema['exclusiveMinimum']) + 1),
  );
  const most = Number(schema['maximum'] ?? least + 1_000);
  if (random.chance(0.2)) return random.pick([least, most]);
  const value = least + random.next() * (Math.min(most, least + 100_000) - least);
  return type === 'integer' ? Math.round(value) : value;
}

function text(random: Random, least: number, most: number): string {
  let out = '';
  const wanted = Math.max(least, Math.min(most, random.chance(0.1) ? most : 1 + random.below(40)));
  while (out.length < wanted) out += `${random.pick(WORDS)} `;
  const cut = out.slice(0, Math.min(wanted, most)).replace(/[\ud800-\udbff]$/, 'x');
  return cut.trim().length >= least ? cut.trim() : 'x'.repeat(Math.max(1, least));
}

function validString(sources: Sources, schema: Record<string, unknown>, name: string): string {
  const { random, memory, phones } = sources;
  const examples = [schema['examples'] ?? []].flat().map(String);
  const prefix = ID_EXAMPLE.exec(examples[0] ?? '')?.[1];
  if (prefix) return idOf(sources, prefix);
  if (/password/i.test(name)) return random.chance(0.7) ? PASSWORD : text(random, 10, 64);
  if (/^\+\d{7,}$/.test(examples[0] ?? '')) return recipient(sources, name);
  // An id of ours would have said so in its example: this one is somebody else's.
  const known = memory.values(name).filter((value) => name !== 'id' || !ID_EXAMPLE.test(value));
  if (known.length > 0 && random.chance(0.5)) return random.pick(known);
  if (schema['format'] === 'email') return `someone${random.below(10_000)}@example.com`;
  if (schema['format'] === 'date-time' && random.chance(0.7)) return ahead(random);
  if (schema['format'] === 'date-time')
    return new Date(Date.UTC(2026, random.below(24), 1 + random.below(28))).toISOString();
  if (schema['format'] === 'date')
    return new Date(Date.UTC(2026, random.below(24), 1 + random.below(28))).toISOString().slice(0, 10);
  if (schema['format'] === 'uri') return random.pick(['https://example.com/hook', 'http://127.0.0.1:9/x']);
  if (examples.length > 0 && random.chance(0.5)) return random.pick(examples);
  if (typeof schema['pattern'] === 'string') return matching(random, schema['pattern'], examples, phones);
  return text(random, Number(schema['minLength'] ?? 0), Math.min(Number(schema['maxLength'] ?? 200), 70_000));
}

// Most times that are asked for are to come: when to send, when to expire.
function ahead(random: Random): string {
  return new Date(Date.now() + (1 + random.below(300)) * 24 * 3_600_000).toISOString();
}

function matching(random: Random, pattern: string, examples: readonly string[], phones: readonly string[]): string {
  if (/^\^\\\+/.test(pattern)) return random.pickOr(phones, () => '+15550000001');
  try {
    const [found] = fc.sample(fc.stringMatching(new RegExp(pattern)), { seed: random.below(2 ** 31), numRuns: 1 });
    if (found !== undefined) return found;
  } catch {
    // A pattern beyond what the generator knows: its example will do.
  }
  return random.pickOr(examples, () => 'x');
}

function idOf({ random, memory, ids }: Sources, prefix: string): string {
  const given = ids?.(prefix);
  if (given !== undefined) return given;
  const known = memory.ids(prefix);
  // What was spoken of last is the likeliest to be in the middle of something.
  return random.pickOr(random.chance(0.5) ? known.slice(-2) : known, () => randomId(random, prefix));
}

// Who a message is for may also be said by an id.
function recipient({ random, memory, phones }: Sources, name: string): string {
  if (random.chance(0.1)) return `+999${String(random.below(10 ** 9)).padStart(9, '0')}`;
  if (name === 'to' && random.chance(0.2))
    return random.pickOr([...memory.ids('con'), ...memory.ids('cnv')], () => '+15550000002');
  return random.pickOr(phones, () => '+15550000003');
}
