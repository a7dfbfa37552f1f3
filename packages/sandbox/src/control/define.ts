import { z } from 'zod';
import type { Network } from '../network-api.ts';

/** One operation of the control plane: what it takes and what it does. Results are plain JSON. */
export interface Operation<I extends z.ZodType, O> {
  readonly input: I;
  run(network: Network, input: z.output<I>): O | Promise<O>;
}

/** Ties the types of an operation's input and function together. */
export function operation<I extends z.ZodType, O>(input: I, run: Operation<I, O>['run']): Operation<I, O> {
  return { input, run };
}

/** Phone number in any notation; 5 to 15 digits count. */
export const number = z
  .string()
  .max(40)
  .transform((text) => text.replace(/\D/g, ''))
  .pipe(z.string().regex(/^\d{5,15}$/, 'a phone number has 5 to 15 digits'));
