import { z } from 'zod';

/** WhatsApp's own bound on a text message, in UTF-16 code units. */
export const MAX_TEXT = 65_536;

const EXAMPLE = 'Your order #12345 is confirmed.';

const body = z
  .string()
  .min(1)
  .max(MAX_TEXT)
  .meta({ description: 'The text.', examples: [EXAMPLE] });

/** A text that takes another's place: what was shown beside that stays. */
export const plainTextInput = z.strictObject({ body });

export const textInput = z.strictObject({
  body,
  linkPreview: z
    .boolean()
    .optional()
    .meta({
      description:
        'true: with a preview of the first link in the text, where its page has a title. A page that cannot be had never keeps the message.',
      examples: [false],
    }),
});

const previewShown = z.object({
  url: z.string().meta({ description: 'The link, as it stands in the text.', examples: ['https://example.com'] }),
  title: z.string().meta({ description: 'Title of its page.', examples: ['Example Domain'] }),
  description: z.string().optional().meta({ description: 'What the page says of itself.' }),
  thumbnail: z.string().optional().meta({ description: 'A small JPEG, in base64.' }),
});

export const textShown = z.object({
  body: z.string().meta({ description: 'The text.', examples: [EXAMPLE] }),
  preview: previewShown.optional().meta({ description: 'Preview of a link in it.' }),
});
