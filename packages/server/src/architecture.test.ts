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

it('says the version that package.json says', () => {
  const { version }: { version: string } = JSON.parse(readFileSync(path.join(src, '../package.json'), 'utf8'));
  expect(VERSION).toBe(version);
});
