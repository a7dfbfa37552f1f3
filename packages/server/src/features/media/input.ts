import { z } from 'zod';
import type { OperationContext } from '../../operations/context.ts';
import { idField } from '../../operations/fields.ts';
import type { Draft } from '../../platform/blob/drafts.ts';
import { WapingError } from '../../platform/errors.ts';
import { keptFileOf } from './files.ts';
import type { KeptFile } from './inspect.ts';
import { assertFits, type SendKind } from './kinds.ts';
import { findMedia, type MediaRow } from './store.ts';

const EXAMPLE_URL = 'https://example.com/files/order-12345.pdf';

/** How a request names the file it is about: one of the first three. */
export const fileFields = {
  mediaId: idField('med', 'A file uploaded with `POST /v1/media`, or one that was received.').optional(),
  url: z
    .url({ protocol: /^https?$/ })
    .max(2_048)
    .optional()
    .meta({
      description:
        'Where the file is: it is fetched before the request is accepted, so what cannot be had is refused here.',
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

export const FILE_SOURCES = ['mediaId', 'url', 'base64'] as const;
export type FileSource = (typeof FILE_SOURCES)[number];

/** What such fields hold once they are parsed. */
export interface FileInput {
  mediaId?: string | undefined;
  url?: string | undefined;
  base64?: string | undefined;
  mimeType?: string | undefined;
  fileName?: string | undefined;
}

/** A refinement of an object with `fileFields`: exactly one of them says where the file is. */
export function oneSource(file: Record<string, unknown>, issues: z.RefinementCtx): void {
  const given = FILE_SOURCES.filter((name) => file[name] !== undefined);
  if (given.length !== 1)
    issues.addIssue({
      code: 'custom',
      path: [given[1] ?? 'mediaId'],
      message: `give one of ${FILE_SOURCES.join(', ')}`,
    });
  fitsSource(file, issues);
}

/** A refinement: what goes with one source alone stands beside it. */
export function fitsSource(file: Record<string, unknown>, issues: z.RefinementCtx): void {
  if (file['mimeType'] !== undefined && file['base64'] === undefined)
    issues.addIssue({ code: 'custom', path: ['mimeType'], message: 'is for base64: other files tell themselves' });
}

/** Which of the fields names the file. */
export function sourceOf({ mediaId, url }: FileInput): FileSource {
  if (mediaId !== undefined) return 'mediaId';
  return url === undefined ? 'base64' : 'url';
}

/** Says of which field of the request an error about a file is. */
function aboutField(error: unknown, field: string): unknown {
  if (!(error instanceof WapingError)) return error;
  const message = error.message.replace(/^(file|url): /, '');
  const { retryAfter } = error;
  return new WapingError(error.code, `${field}: ${message}`, {
    param: field,
    cause: error,
    details: [{ param: field, message }],
    ...(retryAfter === undefined ? {} : { retryAfter }),
  });
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

function receive(ctx: OperationContext, input: FileInput, maxBytes: number): Promise<Draft> {
  const { live, signal } = ctx;
  const { url, base64 = '', mimeType = null, fileName = null } = input;
  if (url !== undefined) return live.media.receiveUrl(ctx.workspace.id, url, { maxBytes, signal });
  return live.media.receive({ from: once(Buffer.from(base64, 'base64')), mimeType, fileName, maxBytes });
}

/**
 * Has what a request gives as `url` or `base64` on disk while `use` runs. Outside transactions. Throws what speaks against
 * the file, and WapingErrors of `use` too, with the field of the request it is about.
 */
export async function withReceived<T>(
  ctx: OperationContext,
  input: FileInput,
  { field, maxBytes }: { field: string; maxBytes: number },
  use: (draft: Draft) => Promise<T>,
): Promise<T> {
  try {
    await using draft = await receive(ctx, input, maxBytes);
    return await use(draft);
  } catch (error) {
    throw aboutField(error, field);
  }
}

/** Media a request names, for use as this kind. Throws NOT_FOUND, UNSUPPORTED_MEDIA_TYPE or PAYLOAD_TOO_LARGE naming `param`. */
export async function namedMedia(
  ctx: OperationContext,
  { mediaId, kind, param }: { mediaId: string; kind: SendKind; param: string },
): Promise<{ row: MediaRow; file: KeptFile }> {
  const row = await findMedia(ctx.tx, ctx.workspace.id, mediaId);
  if (!row) throw new WapingError('NOT_FOUND', 'no such media', { param });
  const file = keptFileOf(row);
  assertFits(file, kind, param);
  return { row, file };
}
