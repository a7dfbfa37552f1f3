import { z } from 'zod';
import { idField, shownId, shownIdOrNull, timeField } from '../../operations/fields.ts';
import { Draft } from '../../platform/blob/drafts.ts';
import { MEDIA_KINDS, SEND_KINDS, sendableAs } from './kinds.ts';
import type { MediaRow } from './store.ts';

export const mediaSchema = z
  .object({
    id: shownId('med', 'Id of the media.'),
    deviceId: shownIdOrNull('dev', 'The device it belongs to: keys limited to that device may use it.'),
    kind: z.enum(MEDIA_KINDS).meta({ description: 'What the file is.', examples: ['image'] }),
    mimeType: z.string().meta({ description: 'Its media type, told by its bytes.', examples: ['image/jpeg'] }),
    size: z
      .number()
      .int()
      .meta({ description: 'Bytes.', examples: [48_213] }),
    sha256: z.string().meta({
      description: 'SHA-256 of its bytes, in hex.',
      examples: ['9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08'],
    }),
    fileName: z
      .string()
      .nullable()
      .meta({ description: 'Its name, without a path.', examples: ['invoice-12345.pdf'] }),
    width: z
      .number()
      .int()
      .nullable()
      .meta({ description: 'Pixels, of an image.', examples: [1280] }),
    height: z
      .number()
      .int()
      .nullable()
      .meta({ description: 'Pixels, of an image.', examples: [960] }),
    sendableAs: z.array(z.enum(SEND_KINDS)).meta({
      description: 'The message types it can be sent as, by its type and size.',
      examples: [['image', 'document']],
    }),
    source: z.enum(['upload', 'url', 'base64', 'inbound']).meta({
      description: 'How it came here: uploaded, fetched, given with a message, or received.',
      examples: ['upload'],
    }),
    createdAt: timeField,
  })
  .meta({ id: 'Media' });

export type MediaResource = z.output<typeof mediaSchema>;

export function toMedia(row: MediaRow): MediaResource {
  const size = Number(row.size);
  return {
    id: row.id,
    deviceId: row.device_id,
    kind: row.kind,
    mimeType: row.mime_type,
    size,
    sha256: Buffer.from(row.sha256).toString('hex'),
    fileName: row.file_name,
    width: row.width,
    height: row.height,
    sendableAs: sendableAs({ mimeType: row.mime_type, size }),
    source: row.source,
    createdAt: row.created_at.toISOString(),
  };
}

const common = {
  sendAs: z
    .enum(SEND_KINDS)
    .optional()
    .meta({ description: 'What it is to be sent as: a file that cannot be is refused now.', examples: ['image'] }),
  fileName: z
    .string()
    .min(1)
    .max(255)
    .optional()
    .meta({ description: 'Its name, instead of the one that comes with it.', examples: ['invoice-12345.pdf'] }),
  deviceId: idField(
    'dev',
    'A device of yours. Keys limited to devices must name one, and see what names theirs.',
  ).optional(),
};

export const uploadForm = z
  .strictObject({
    file: z.instanceof(Draft).meta({
      description: 'The file, as a part of the form. Its Content-Type may be left out; a wrong one is refused.',
      type: 'string',
      format: 'binary',
    }),
    ...common,
  })
  .meta({ id: 'UploadMedia' });

export const fetchBody = z
  .strictObject({
    url: z
      .string()
      .min(1)
      .max(2_048)
      .meta({
        description: 'Where the file is: http or https, reachable from the internet.',
        examples: ['https://example.com/invoice-12345.pdf'],
      }),
    ...common,
  })
  .meta({ id: 'FetchMedia' });
