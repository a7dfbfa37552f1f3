import { z } from 'zod';
import { MAX_RATE, RATE_POLICIES, type Rates } from '../operations/rate-limits.ts';

const policy = z.enum(RATE_POLICIES).exclude(['key']);
const rate = z.union([z.literal('off').transform(() => null), z.coerce.number().int().min(1).max(MAX_RATE)]);

/** `workspace=12000,device=off`: requests a minute of each policy named, `off` for no limit. */
export const rateList = z
  .string()
  .transform((text) => text.split(',').map((pair) => pair.trim().split('=')))
  .refine(
    (pairs) => pairs.every((pair) => pair.length === 2) && new Set(pairs.map(([name]) => name)).size === pairs.length,
  )
  .transform((pairs) => Object.fromEntries(pairs))
  .pipe(z.partialRecord(policy, rate))
  .transform((rates): Partial<Rates> => rates);
