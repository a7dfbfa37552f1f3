import { z } from 'zod';
import { defineOperation, RawReply } from '../../operations/define.ts';
import { BlobMissing } from '../../platform/blob/port.ts';
import { contentDisposition, nameFor } from './file-name.ts';
import type { MediaFiles } from './files.ts';
import { hasAlready, parseRange, rangeCounts } from './range.ts';
import { mediaParams, noMedia, requireMedia } from './require.ts';
import { mediaSchema } from './schemas.ts';
import type { MediaRow } from './store.ts';

/** What a browser may show by itself: pixels and sound. All else can carry scripts, so it is saved, never opened. */
const INLINE =
  /^(image\/(jpeg|png|webp|gif)|video\/(mp4|3gpp|quicktime|webm|ogg)|audio\/(ogg|mpeg|mp4|aac|amr|wav|flac))$/;

/** Request headers that decide which part of a file is answered. */
export interface ContentHeaders {
  range?: string | undefined;
  'if-range'?: string | undefined;
  'if-none-match'?: string | undefined;
}

function headersOf(row: MediaRow): Record<string, string> {
  const name = row.file_name ?? nameFor(row.id, row.mime_type);
  return {
    etag: `"${Buffer.from(row.sha256).toString('hex')}"`,
    'accept-ranges': 'bytes',
    'content-disposition': contentDisposition(INLINE.test(row.mime_type) ? 'inline' : 'attachment', name),
    // Kept by the reader alone, who asks again whether it is still there.
    'cache-control': 'private, no-cache',
    'content-security-policy': "default-src 'none'; frame-ancestors 'none'; sandbox",
  };
}

/** The bytes of media, or the part of them a request asks for. Throws NOT_FOUND when the file is lost. */
export async function contentOf(media: MediaFiles, row: MediaRow, asked: ContentHeaders): Promise<RawReply> {
  const headers = headersOf(row);
  const etag = headers['etag'] ?? '';
  const size = Number(row.size);
  const type = row.mime_type;
  if (hasAlready(asked['if-none-match'], etag)) return new RawReply(type, '', headers, 304);
  const range = rangeCounts(asked['if-range'], etag) ? parseRange(asked.range, size) : null;
  if (range === 'unsatisfiable') {
    return new RawReply('text/plain', '', { 'accept-ranges': 'bytes', 'content-range': `bytes */${size}` }, 416);
  }
  const body = await media.open(row, range ?? undefined).catch((error: unknown) => {
    throw error instanceof BlobMissing ? noMedia() : error;
  });
  if (range === null) return new RawReply(type, body, { ...headers, 'content-length': String(size) });
  const { start, end } = range;
  const part = { 'content-length': String(end - start + 1), 'content-range': `bytes ${start}-${end}/${size}` };
  return new RawReply(type, body, { ...headers, ...part }, 206);
}

export const getContent = defineOperation({
  id: 'media.content',
  tag: 'Media',
  summary: 'Download media',
  description:
    'The bytes, with their own media type. `Range` answers a part (206), so that players can seek and downloads go on where they broke off; the ETag is the content’s hash. What could carry scripts is offered for saving, never for showing.',
  http: { method: 'GET', path: '/v1/media/{mediaId}/content', status: 200 },
  scope: 'media:read',
  roles: ['owner', 'admin', 'agent', 'viewer'],
  perDevice: true,
  params: mediaParams,
  headers: z.strictObject({
    range: z
      .string()
      .max(200)
      .optional()
      .meta({ description: 'A part of the bytes.', examples: ['bytes=0-1023'] }),
    'if-range': z.string().max(200).optional().meta({ description: 'Only if this is still the ETag.' }),
    'if-none-match': z.string().max(2_000).optional().meta({ description: 'Not if this is still the ETag.' }),
  }),
  output: mediaSchema,
  produces: ['*/*'],
  rawOnly: true,
  rawStatuses: {
    206: 'The part that was asked for.',
    304: 'You have it already.',
    416: 'There is no such part; `Content-Range` tells the length.',
  },
  errors: ['NOT_FOUND'],
  mutates: false,
  run: async (ctx, { mediaId, ...asked }) => contentOf(ctx.live.media, await requireMedia(ctx, mediaId), asked),
});
