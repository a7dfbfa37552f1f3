import { z } from 'zod';
import { type IdPrefix, isId } from '../platform/ids.ts';

const EXAMPLE_TAIL = '01jd8k3v5q7w9x2y4z6a8b0c1d';

/** An id of one kind. Input of another shape cannot exist, so it is reported as the caller's mistake. */
export function idField(prefix: IdPrefix, description: string): z.ZodString {
  return z
    .string()
    .refine((text) => isId(prefix, text), { message: `must be an id starting with ${prefix}_` })
    .meta({ description, examples: [`${prefix}_${EXAMPLE_TAIL}`] });
}

/** An id in a path: any text is accepted, since what does not exist is simply NOT_FOUND. */
export function pathId(prefix: IdPrefix, description: string): z.ZodString {
  return z
    .string()
    .max(64)
    .meta({ description, examples: [`${prefix}_${EXAMPLE_TAIL}`] });
}

/** An id in a reply. */
export function shownId(prefix: IdPrefix, description: string): z.ZodString {
  return z.string().meta({ description, examples: [`${prefix}_${EXAMPLE_TAIL}`] });
}

/** An id in a reply that may be missing. */
export function shownIdOrNull(prefix: IdPrefix, description: string): z.ZodNullable<z.ZodString> {
  return z
    .string()
    .nullable()
    .meta({ description, examples: [`${prefix}_${EXAMPLE_TAIL}`] });
}

export const E164 = /^\+[1-9]\d{6,14}$/;

export const phoneField = z
  .string()
  .regex(E164, { message: 'must be an E.164 number: + and 7 to 15 digits' })
  .meta({ description: 'Phone number in E.164 form.', examples: ['+15551234567'] });

export const timeField = z.iso
  .datetime({ offset: true })
  .meta({ description: 'Time, RFC 3339 in UTC.', examples: ['2026-01-31T12:00:00.000Z'] });

/** What every list takes. */
export const listQuery = {
  limit: z.coerce
    .number()
    .int()
    .min(1)
    .max(100)
    .default(50)
    .meta({ description: 'How many rows at the most.', examples: [50] }),
  cursor: z
    .string()
    .max(500)
    .optional()
    .meta({ description: '`nextCursor` of the page before, with the same filters.' }),
  order: z
    .enum(['asc', 'desc'])
    .default('desc')
    .meta({ description: '`desc` is newest first.', examples: ['desc'] }),
};

/** What every list answers; `id` names the schema for those who generate code from it. */
export function pageOf<T extends z.ZodType>(id: string, item: T) {
  return z
    .object({
      data: z.array(item).meta({ description: 'The rows of this page.' }),
      hasMore: z.boolean().meta({ description: 'Whether rows follow this page.' }),
      nextCursor: z.string().nullable().meta({ description: 'Give it as `cursor` to get the next page.' }),
    })
    .meta({ id });
}

/** RFC 3339 UTC, or null. */
export function isoOrNull(time: Date | null | undefined): string | null {
  return time ? time.toISOString() : null;
}
