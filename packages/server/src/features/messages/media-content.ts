import { z } from 'zod';
import { MEDIA_KINDS, type MediaKind } from '../../engine/port.ts';
import { shownIdOrNull } from '../../operations/fields.ts';
import { type FileInput, fileFields, oneSource } from '../media/index.ts';

/** WhatsApp's own bound on a caption is not written down; its clients stop here. */
const MAX_CAPTION = 4_096;
const MAX_NAME = 255;

const caption = z.string().meta({ description: 'Text shown with the file.', examples: ['Your order #12345'] });
const fileName = z
  .string()
  .meta({ description: 'Name of the file, as the recipient sees it.', examples: ['bill.pdf'] });
const viewOnce = z.boolean().meta({ description: 'true: it can be looked at once.', examples: [false] });

const captionInput = caption.min(1).max(MAX_CAPTION).optional();
const onceInput = viewOnce.optional();

/** What a send of each kind takes beside its file. */
const INPUTS = {
  image: z.strictObject({ ...fileFields, caption: captionInput, viewOnce: onceInput }).superRefine(oneSource),
  video: z.strictObject({ ...fileFields, caption: captionInput, viewOnce: onceInput }).superRefine(oneSource),
  audio: z.strictObject({ ...fileFields, viewOnce: onceInput }).superRefine(oneSource),
  voice: z.strictObject({ ...fileFields, viewOnce: onceInput }).superRefine(oneSource),
  document: z
    .strictObject({ ...fileFields, caption: captionInput, fileName: fileName.min(1).max(MAX_NAME).optional() })
    .superRefine(oneSource),
  sticker: z.strictObject(fileFields).superRefine(oneSource),
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

/** What a status update may show: nothing in it is looked at once. */
export const statusMediaInput = {
  image: z
    .strictObject({ ...fileFields, caption: captionInput })
    .superRefine(oneSource)
    .optional()
    .meta({ description: 'A picture: a JPEG, PNG or WebP.' }),
  video: z
    .strictObject({ ...fileFields, caption: captionInput })
    .superRefine(oneSource)
    .optional()
    .meta({ description: 'A video: an MP4 or 3GP.' }),
  voice: z
    .strictObject(fileFields)
    .superRefine(oneSource)
    .optional()
    .meta({ description: 'A voice message. What is not Ogg with Opus is made that, where it can be.' }),
  audio: z.strictObject(fileFields).superRefine(oneSource).optional().meta({ description: 'Music or a recording.' }),
};

/** The content of a send of a media kind. */
export interface MediaInput extends FileInput {
  caption?: string | undefined;
  viewOnce?: boolean | undefined;
}

export const MEDIA_STATUSES = ['available', 'pending', 'ready', 'failed'] as const;

/** Why there is no file: it could not be had, or was deleted here. */
export const MEDIA_FAILURES = ['unavailable', 'too_large', 'corrupt', 'expired', 'deleted'] as const;
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
      description:
        '`pending` while a received file is being downloaded, then `ready` or `failed`; `failed` once it was deleted. `available`: of a message of the past, to be fetched when you ask for it.',
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
