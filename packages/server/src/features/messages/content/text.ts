import { z } from 'zod';

/** WhatsApp's own bound on a text message, in UTF-16 code units. */
export const MAX_TEXT = 65_536;

const EXAMPLE = 'Your order #12345 is confirmed.';

export const textInput = z.strictObject({
  body: z
    .string()
    .min(1)
    .max(MAX_TEXT)
    .meta({ description: 'The text.', examples: [EXAMPLE] }),
});

export const textShown = z.object({ body: z.string().meta({ description: 'The text.', examples: [EXAMPLE] }) });
