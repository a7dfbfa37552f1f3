import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { registry } from './operations/registry.ts';
import { VERSION } from './version.ts';

const src = path.dirname(new URL(import.meta.url).pathname);
const files = readdirSync(src, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .map((name) => ({ name, text: readFileSync(path.join(src, name), 'utf8') }));
const code = files.filter(({ name }) => !name.endsWith('.test.ts'));
const offenders = (found: { name: string }[]) => found.map(({ name }) => name);

it('keeps SQL in store files and the database platform', () => {
  const outside = code.filter(({ name }) => !name.endsWith('store.ts') && !name.startsWith('platform/db/'));
  expect(offenders(outside.filter(({ text }) => /\.query\s*(<[^(]*>)?\(\s*['`]/.test(text)))).toEqual([]);
});

it('reads the environment in config/env.ts alone', () => {
  expect(offenders(code.filter(({ name, text }) => name !== 'config/env.ts' && text.includes('process.env')))).toEqual(
    [],
  );
});

it('keeps the engine library inside its adapter', () => {
  const outside = code.filter(({ name }) => !name.startsWith('engine/baileys/'));
  expect(offenders(outside.filter(({ text }) => /from 'baileys/.test(text)))).toEqual([]);
});

it('keeps every file under 400 lines', () => {
  expect(offenders(files.filter(({ text }) => text.split('\n').length > 400))).toEqual([]);
});

it('gives every operation an id, a path and a scope of its own kind', () => {
  const ids = registry.map((operation) => operation.id);
  expect(new Set(ids).size).toBe(ids.length);
  const routes = registry.map(({ http }) => `${http.method} ${http.path}`);
  expect(new Set(routes).size).toBe(routes.length);
  for (const { scope } of registry) expect(scope).toMatch(/^[a-z]+:[a-z]+$/);
});

/** Operations that answer a POST with 201 or 202 and take no Idempotency-Key, and why a repetition does no harm. */
const UNREPEATED: Record<string, string> = {
  'members.invite': 'its link is shown once and cannot be replayed; the same address again is a CONFLICT',
  'devices.link': 'sets the one device of its path linking, anew where it is already; a CONFLICT where it is linked',
  'devices.restart': 'sets the one device of its path connecting, anew where it is already',
  'messages.fetchMedia': 'has the one file of its path fetched; what is here or on its way is answered as it is',
};

it('lets every operation that creates be repeated under an Idempotency-Key, or says why not', () => {
  const creating = registry.filter(
    ({ http }) => http.method === 'POST' && (http.status === 201 || http.status === 202),
  );
  const without = creating.filter(({ idempotent }) => idempotent !== true).map(({ id }) => id);
  expect(without.sort()).toEqual(Object.keys(UNREPEATED).sort());
});

it('has what creates outside the database do so once for an Idempotency-Key', () => {
  const elsewhere = registry.filter(({ idempotent, mutates }) => idempotent === true && !mutates);
  expect(elsewhere.filter(({ wire }) => wire === undefined).map(({ id }) => id)).toEqual([]);
});

it('says the version that package.json says', () => {
  const { version }: { version: string } = JSON.parse(readFileSync(path.join(src, '../package.json'), 'utf8'));
  expect(VERSION).toBe(version);
});
