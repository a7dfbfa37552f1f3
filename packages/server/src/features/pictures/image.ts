import { z } from 'zod';
import type { OperationContext } from '../../operations/context.ts';
import { WapingError } from '../../platform/errors.ts';
import { ToolError } from '../../platform/media-tools/jobs.ts';
import {
  type FileInput,
  fileFields,
  inspect,
  namedMedia,
  oneSource,
  SEND_LIMITS,
  sourceOf,
  withReceived,
} from '../media/index.ts';

const { mediaId, url, base64 } = fileFields;

/** What names the picture: any JPEG, PNG or WebP that could be sent as an image. */
export const pictureBody = z
  .strictObject({ mediaId, url, base64 })
  .superRefine(oneSource)
  .meta({ id: 'SetPicture', examples: [{ mediaId: 'med_01jd8k3v5q7w9x2y4z6a8b0c1d' }] });

function refusal(error: unknown, field: string): unknown {
  if (!(error instanceof ToolError)) return error;
  const { reason, message } = error;
  if (reason === 'busy' || reason === 'failed')
    return new WapingError('SERVICE_UNAVAILABLE', message, { retryAfter: 1 });
  const details = [{ param: field, message }];
  return new WapingError('VALIDATION_ERROR', `${field}: ${message}`, { param: field, details });
}

async function make(ctx: OperationContext, input: FileInput, to: string): Promise<void> {
  const { media, mediaTools } = ctx.live;
  const field = sourceOf(input);
  const portrait = (path: string) =>
    mediaTools.run({ job: 'portrait', path, to }, ctx.workspace.id).catch((error: unknown) => {
      throw refusal(error, field);
    });
  if (input.mediaId !== undefined) {
    const { file } = await namedMedia(ctx, { mediaId: input.mediaId, kind: 'image', param: field });
    using copy = await media.localCopy(ctx.workspace.id, file);
    await portrait(copy.path);
    return;
  }
  await withReceived(ctx, input, { field, maxBytes: SEND_LIMITS.image.maxBytes }, async (draft) => {
    await inspect(draft, 'image');
    await portrait(draft.path);
  });
}

/**
 * Makes of the image a request names a picture as WhatsApp takes it, and has it on this machine while `use` runs. Nothing
 * is kept. Throws what speaks against the image, with the field it is about.
 */
export async function withPicture<T>(
  ctx: OperationContext,
  input: FileInput,
  use: (path: string) => Promise<T>,
): Promise<T> {
  return ctx.live.media.atNewPath(async (path) => {
    await make(ctx, input, path);
    return use(path);
  });
}
