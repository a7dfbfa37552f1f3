import type { OperationContext } from '../../../operations/context.ts';
import { keepForGood, namedMedia } from '../../media/index.ts';
import { isMediaKind } from '../media-content.ts';
import type { TemplateType } from './content.ts';

/** What writing a template may answer. */
export const TEMPLATE_ERRORS = ['NOT_FOUND', 'CONFLICT', 'PAYLOAD_TOO_LARGE', 'UNSUPPORTED_MEDIA_TYPE'] as const;

/**
 * Makes sure that the media a template names is there, can be sent as its kind, and stays. Null for one that names none.
 * Throws what speaks against it.
 */
export async function claimMedia(ctx: OperationContext, type: TemplateType, content: unknown): Promise<string | null> {
  if (!isMediaKind(type)) return null;
  const mediaId: unknown = Reflect.get(Object(Reflect.get(Object(content), type)), 'mediaId');
  if (typeof mediaId !== 'string') return null;
  // Held from here on: who deletes media sees this template, or is gone before.
  await keepForGood(ctx.tx, ctx.workspace.id, mediaId);
  await namedMedia(ctx, { mediaId, kind: type, param: `${type}.mediaId` });
  return mediaId;
}
