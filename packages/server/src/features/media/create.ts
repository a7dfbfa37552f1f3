import type { OperationContext } from '../../operations/context.ts';
import { recordEvents } from '../events/index.ts';
import { safeFileName } from './file-name.ts';
import { recordMedia } from './files.ts';
import type { KeptFile } from './inspect.ts';
import { ownerOf, requireMedia } from './require.ts';
import { type MediaResource, toMedia } from './schemas.ts';
import type { MediaSource } from './store.ts';

/** Errors of what makes media, whatever it is made of. */
export const CREATE_ERRORS = ['NOT_FOUND', 'PAYLOAD_TOO_LARGE', 'UNSUPPORTED_MEDIA_TYPE'] as const;

/** Makes media of a kept file, with its event. */
export async function createMedia(
  ctx: OperationContext,
  made: { file: KeptFile; deviceId: string | undefined; fileName: string | undefined; source: MediaSource },
): Promise<MediaResource> {
  const workspaceId = ctx.workspace.id;
  const deviceId = await ownerOf(ctx, made.deviceId);
  const { source } = made;
  const file = { ...made.file, fileName: safeFileName(made.fileName) ?? made.file.fileName };
  const id = await recordMedia(ctx.tx, { workspaceId, deviceId, file, source, standalone: true, now: ctx.now });
  const media = toMedia(await requireMedia(ctx, id));
  const { kind, mimeType, size } = media;
  await recordEvents(ctx.write, [
    {
      workspaceId,
      deviceId,
      subjectId: id,
      type: 'media.ready',
      data: { mediaId: id, messageId: null, kind, mimeType, size, at: ctx.now.toISOString() },
    },
  ]);
  ctx.audit({ after: { kind, mimeType, size } });
  ctx.afterCommit(() => ctx.wake.events());
  return media;
}
