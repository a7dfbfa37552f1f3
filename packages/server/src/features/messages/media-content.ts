import { z } from 'zod';
import { MEDIA_KINDS, type MediaKind } from '../../engine/port.ts';
import { idField, shownIdOrNull } from '../../operations/fields.ts';

/** WhatsApp's own bound on a caption is not written down; its clients stop here. */
const MAX_CAPTION = 4_096;
const MAX_NAME = 255;
const EXAMPLE_URL = 'https://example.com/files/order-12345.pdf';

const caption = z.string().meta({ description: 'Text shown with the file.', examples: ['Your order #12345'] });
const fileName = z
  .string()
  .meta({ description: 'Name of the file, as the recipient sees it.', examples: ['bill.pdf'] });
const viewOnce = z.boolean().meta({ description: 'true: it can be looked at once.', examples: [false] });

const source = {
  mediaId: idField('med', 'A file uploaded with `POST /v1/media`, or one that was received.').optional(),
  url: z
    .url({ protocol: /^https?$/ })
    .max(2_048)
    .optional()
    .meta({
      description:
        'Where the file is: it is fetched before the message is accepted, so what cannot be had is refused here.',
      examples: [EXAMPLE_URL],
    }),
  base64: z
    .base64()
    .min(4)
    .optional()
    .meta({ description: 'The file itself, for small ones: the whole body may have 1 MiB.', examples: ['JVBERi0='] }),
  mimeType: z
    .string()
    .min(3)
    .max(255)
    .optional()
    .meta({
      description: 'Media type of what is given as `base64`, where its bytes do not tell.',
      examples: ['text/csv'],
    }),
};

const SOURCES = ['mediaId', 'url', 'base64'] as const;

function oneSource(file: Record<string, unknown>, issues: z.RefinementCtx): void {
  const given = SOURCES.filter((name) => file[name] !== undefined);
  if (given.length !== 1)
    issues.addIssue({ code: 'custom', path: [given[1] ?? 'mediaId'], message: `give one of ${SOURCES.join(', ')}` });
  if (file['mimeType'] !== undefined && file['base64'] === undefined)
    issues.addIssue({ code: 'custom', path: ['mimeType'], message: 'is for base64: other files tell themselves' });
}

const captionInput = caption.min(1).max(MAX_CAPTION).optional();
const onceInput = viewOnce.optional();

/** What a send of each kind takes beside its file. */
const INPUTS = {
  image: z.strictObject({ ...source, caption: captionInput, viewOnce: onceInput }).superRefine(oneSource),
  video: z.strictObject({ ...source, caption: captionInput, viewOnce: onceInput }).superRefine(oneSource),
  audio: z.strictObject({ ...source, viewOnce: onceInput }).superRefine(oneSource),
  voice: z.strictObject({ ...source, viewOnce: onceInput }).superRefine(oneSource),
  document: z
    .strictObject({ ...source, caption: captionInput, fileName: fileName.min(1).max(MAX_NAME).optional() })
    .superRefine(oneSource),
  sticker: z.strictObject(source).superRefine(oneSource),
};

export const mediaInput = {
  image: INPUTS.image.optional().meta({ description: 'Content of type `image`: a JPEG, PNG or WebP.' }),
  video: INPUTS.video.optional().meta({ description: 'Content of type `video`: an MP4 or 3GP.' }),
  audio: INPUTS.audio.optional().meta({ description: 'Content of type `audio`: music or a recording.' }),
  voice: INPUTS.voice.optional().meta({
    description: 'Content of type `voice`: a voice message. What is not Ogg with Opus is made that, where it can be.',
  }),
  document: INPUTS.document.optional().meta({ description: 'Content of type `document`: any file.' }),
  sticker: INPUTS.sticker.optional().meta({
    description: 'Content of type `sticker`: any picture; it is made a WebP of 512 pixels square.',
  }),
};

/** The content of a send of a media kind. */
export interface MediaInput {
  mediaId?: string | undefined;
  url?: string | undefined;
  base64?: string | undefined;
  mimeType?: string | undefined;
  caption?: string | undefined;
  fileName?: string | undefined;
  viewOnce?: boolean | undefined;
}

export const MEDIA_STATUSES = ['pending', 'ready', 'failed'] as const;

/** Why a received file could not be had. */
export const MEDIA_FAILURES = ['unavailable', 'too_large', 'corrupt', 'expired'] as const;
export type MediaFailure = (typeof MEDIA_FAILURES)[number];

const pixels = z.number().int();

/** What the engine takes and gives of a file. */
const engineMedia = z.object({
  mimeType: z.string(),
  size: z.number(),
  sha256: z.string().optional(),
  fileName: z.string().optional(),
  caption: z.string().optional(),
  viewOnce: z.boolean().optional(),
  seconds: z.number().optional(),
  width: z.number().optional(),
  height: z.number().optional(),
  waveform: z.string().optional(),
  thumbnail: z.string().optional(),
  animated: z.boolean().optional(),
});

/** The same as a message row keeps it, with where the file stands here. */
export const storedMedia = engineMedia.extend({
  id: z.string(),
  status: z.enum(MEDIA_STATUSES),
  reason: z.string().optional(),
});
export type StoredMedia = z.output<typeof storedMedia>;

export const mediaShown = z
  .object({
    id: shownIdOrNull(
      'med',
      'The file, to be had under `/v1/media/{id}/content` once it is ready; null where it failed.',
    ),
    status: z.enum(MEDIA_STATUSES).meta({
      description: '`pending` while a received file is being downloaded, then `ready` or `failed`.',
      examples: ['ready'],
    }),
    reason: z
      .string()
      .nullable()
      .meta({ description: `Why it failed: ${MEDIA_FAILURES.join(', ')}. More may come.`, examples: [null] }),
    mimeType: z
      .string()
      .meta({ description: 'Media type; of a received file as its sender says.', examples: ['image/jpeg'] }),
    size: z
      .number()
      .int()
      .meta({ description: 'Bytes.', examples: [48_213] }),
    sha256: z.string().nullable().meta({ description: 'SHA-256 of its bytes, in hex.' }),
    fileName: fileName.nullable(),
    caption: caption.nullable(),
    viewOnce,
    seconds: z
      .number()
      .nullable()
      .meta({ description: 'How long it plays.', examples: [12] }),
    width: pixels.nullable().meta({ description: 'Pixels.', examples: [1_280] }),
    height: pixels.nullable().meta({ description: 'Pixels.', examples: [960] }),
    waveform: z
      .string()
      .nullable()
      .meta({ description: 'Loudness of a voice message: 64 bytes from 0 to 100, in base64.' }),
    thumbnail: z.string().nullable().meta({ description: 'A small JPEG, in base64.' }),
    animated: z.boolean().meta({ description: 'Whether a sticker moves.', examples: [false] }),
  })
  .meta({ id: 'MessageMedia' });

/** The file of a message as shown. */
export function shownMedia(media: StoredMedia | undefined): z.output<typeof mediaShown> | null {
  if (!media) return null;
  return {
    id: media.status === 'failed' ? null : media.id,
    status: media.status,
    reason: media.reason ?? null,
    mimeType: media.mimeType,
    size: media.size,
    sha256: media.sha256 ?? null,
    fileName: media.fileName ?? null,
    caption: media.caption ?? null,
    viewOnce: media.viewOnce ?? false,
    seconds: media.seconds ?? null,
    width: media.width ?? null,
    height: media.height ?? null,
    waveform: media.waveform ?? null,
    thumbnail: media.thumbnail ?? null,
    animated: media.animated ?? false,
  };
}

/** A content of the engine for each kind. */
export const engineMediaKinds = [
  z.object({ type: z.literal('image'), media: engineMedia }),
  z.object({ type: z.literal('video'), media: engineMedia }),
  z.object({ type: z.literal('audio'), media: engineMedia }),
  z.object({ type: z.literal('voice'), media: engineMedia }),
  z.object({ type: z.literal('document'), media: engineMedia }),
  z.object({ type: z.literal('sticker'), media: engineMedia }),
] as const;

/** Whether messages of this type are files. */
export function isMediaKind(type: string): type is MediaKind {
  return MEDIA_KINDS.some((kind) => kind === type);
}
