import { z } from 'zod';
import type { Operation } from './define.ts';

/**
 * The kinds of work that are limited apart from each other. Signing in is one more, `auth`, but no workspace's.
 */
export type RateClass = 'read' | 'write' | 'send' | 'export';

/** What a limit may be set for. `key` is each API key and each person, `failures` what an address gets wrong. */
export const RATE_POLICIES = [
  'key',
  'workspace',
  'device',
  'read',
  'write',
  'send',
  'export',
  'auth',
  'failures',
] as const;
export type RatePolicy = (typeof RATE_POLICIES)[number];

/** Requests a minute for each policy; null where there is no limit. */
export type Rates = Readonly<Record<RatePolicy, number | null>>;

export const MAX_RATE = 100_000_000;
const rate = z.number().int().min(1).max(MAX_RATE).nullable().exactOptional();

/** What a plan may set for the workspaces on it. */
export const planRates = z.strictObject({
  key: rate,
  workspace: rate,
  device: rate,
  read: rate,
  write: rate,
  send: rate,
  export: rate,
});
export type PlanRates = z.output<typeof planRates>;

/** The limits that follow from one: what each key may do. */
export function ratesFor(key: number, set: Partial<Rates> = {}): Rates {
  const part = (divisor: number) => Math.max(1, Math.floor(key / divisor));
  return {
    key,
    workspace: key * 2,
    device: part(2),
    read: key * 2,
    write: key,
    send: key,
    export: part(100),
    auth: part(10),
    failures: part(20),
    ...set,
  };
}

/** What an operation's calls are counted as: what it says, else what its method makes of it. */
export function rateClassOf(operation: Pick<Operation, 'http' | 'rateClass'>): RateClass {
  return operation.rateClass ?? (operation.http.method === 'GET' ? 'read' : 'write');
}
