import { expect, it } from 'vitest';
import { registry } from '../../operations/registry.ts';
import { buildOpenApi } from './openapi.ts';

it('names what a used Idempotency-Key is refused with, wherever one is honoured', () => {
  const paths = Object(buildOpenApi('any')['paths']);
  const keyed = registry.filter(({ idempotent }) => idempotent);
  expect(keyed.length).toBeGreaterThan(20);
  const silent = keyed.filter(({ http: { method, path } }) => {
    const said = JSON.stringify(paths[path]?.[method.toLowerCase()]?.responses['409'] ?? '');
    return !said.includes('IDEMPOTENCY_CONFLICT') || !said.includes('IDEMPOTENCY_IN_PROGRESS');
  });
  expect(silent.map(({ id }) => id)).toEqual([]);
});
