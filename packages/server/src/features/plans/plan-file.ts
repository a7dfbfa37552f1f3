import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import type { Plan, PlanBook } from '../../operations/context.ts';
import { planRates } from '../../operations/rate-limits.ts';
import { StartupError } from '../../platform/errors.ts';
import { DEFAULT_PLANS } from './defaults.ts';

/** Counts are 32-bit in the database; these leave room above every real need. */
export const MAX_DEVICES = 100_000;
export const MAX_OUTBOUND = 1_000_000_000;

const planSchema = z.strictObject({
  devices: z.number().int().min(0).max(MAX_DEVICES),
  outboundPerMonth: z.number().int().min(0).max(MAX_OUTBOUND),
  apiAccess: z.boolean(),
  priceUsd: z.number().min(0).nullable().default(null),
  rateLimits: planRates.exactOptional(),
});

const fileSchema = z.strictObject({
  plans: z
    .record(z.string().regex(/^[a-z][a-z0-9-]{0,39}$/, 'a plan name is lower-case letters, digits and -'), planSchema)
    .refine((plans) => Object.keys(plans).length > 0, 'name at least one plan'),
});

export type PlanFile = z.output<typeof fileSchema>;

/** The plans by name, in the order of the file: the first is what a new workspace gets, the last the first workspace's. */
export class Plans implements PlanBook {
  readonly names: readonly string[];
  readonly #plans: ReadonlyMap<string, Plan>;

  constructor(file: PlanFile) {
    this.#plans = new Map(Object.entries(file.plans));
    this.names = [...this.#plans.keys()];
  }

  find(name: string): Plan | null {
    return this.#plans.get(name) ?? null;
  }

  get first(): string {
    return this.names[0] ?? '';
  }

  get last(): string {
    return this.names.at(-1) ?? '';
  }
}

function invalid(file: string, what: string, cause?: unknown): StartupError {
  return new StartupError(
    `the plans in ${file} are not valid: ${what}`,
    'Mend the file that WAPING_PLANS names, or unset WAPING_PLANS for the default plans. See docs/guides/plans.md.',
    cause,
  );
}

function firstFault(error: z.ZodError): string {
  const [issue] = error.issues;
  if (!issue) return 'unreadable';
  const at = issue.path.map(String).join('.');
  if (issue.code === 'unrecognized_keys') return `${[at, issue.keys[0]].filter(Boolean).join('.')}: unknown field`;
  const message = issue.code === 'invalid_key' ? (issue.issues[0]?.message ?? issue.message) : issue.message;
  return at ? `${at}: ${message}` : message;
}

function parseJson(file: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw invalid(file, `not JSON (${error instanceof Error ? error.message : 'unreadable'})`, error);
  }
}

/** Reads the operator's plans, or the defaults without a file. Throws StartupError naming the field that is wrong. */
export async function loadPlans(file: string | undefined): Promise<Plans> {
  if (file === undefined) return new Plans(DEFAULT_PLANS);
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw invalid(file, 'the file cannot be read', error);
  });
  const parsed = fileSchema.safeParse(parseJson(file, text));
  if (parsed.success) return new Plans(parsed.data);
  throw invalid(file, firstFault(parsed.error), parsed.error);
}
