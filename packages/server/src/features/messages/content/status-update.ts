import { z } from 'zod';
import type { StatusStyle } from '../../../engine/port.ts';
import { shownId } from '../../../operations/fields.ts';

export const STATUS_FONTS = [
  'system',
  'text',
  'script',
  'bold',
  'morningbreeze',
  'calistoga',
  'exo2',
  'courier',
] as const;

export const backgroundField = z
  .string()
  .regex(/^#[0-9A-Fa-f]{6}$/, { message: 'must be a colour such as #128c7e' })
  .meta({ description: 'Colour behind a text or a voice message.', examples: ['#128c7e'] });

export const fontField = z.enum(STATUS_FONTS).meta({ description: 'Font of the text.', examples: ['system'] });

/** How a message of the status chat is shown, and where it went out here, to whom. */
export const statusUpdateShown = z.object({
  background: backgroundField.nullable(),
  font: fontField.nullable(),
  audience: z
    .union([z.literal('contacts'), z.array(shownId('con', 'A contact.'))])
    .nullable()
    .meta({
      description:
        'Who is to see it: everyone the device has a chat with, or these. Null for one that was not posted here: WhatsApp does not say.',
      examples: ['contacts'],
    }),
});

/** The look of a status update that was not posted here. */
export function toStatusUpdate({ background, font }: Partial<StatusStyle>): z.output<typeof statusUpdateShown> {
  return { background: background ?? null, font: font ?? null, audience: null };
}
