import { describe, expect, it } from 'vitest';
import { ratesFor } from '../operations/rate-limits.ts';
import { rateList } from './rate-limits.ts';

describe('WAPING_RATE_LIMITS', () => {
  it('sets the policies it names, or lifts them', () => {
    expect(rateList.parse('workspace=12000, device=off')).toEqual({ workspace: 12_000, device: null });
  });

  it.each([
    'workspace',
    'workspace=',
    'workspace=0',
    'workspace=1.5',
    'key=5',
    'nobody=5',
    'read=5,read=6',
    '=5',
    'read=5=6',
    '',
  ])('refuses %j', (text) => expect(rateList.safeParse(text).success).toBe(false));
});

it('other limits follow from the one of a key, and none is less than one', () => {
  expect(ratesFor(6_000, { device: null })).toEqual({
    key: 6_000,
    workspace: 12_000,
    device: null,
    read: 12_000,
    write: 6_000,
    send: 6_000,
    export: 60,
    auth: 600,
    failures: 300,
  });
  expect(Object.values(ratesFor(1)).every((rate) => rate === null || rate >= 1)).toBe(true);
});
