import { z } from 'zod';
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

/** What makes a message of the status chat a status update of ours. */
export const statusUpdateShown = z.object({
  background: backgroundField.nullable(),
  font: fontField.nullable(),
  audience: z
    .union([z.literal('contacts'), z.array(shownId('con', 'A contact.'))])
    .meta({ description: 'Who is to see it: everyone the device has a chat with, or these.', examples: ['contacts'] }),
});
