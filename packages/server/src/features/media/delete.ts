import { z } from 'zod';
import { defineOperation } from '../../operations/define.ts';
import { WapingError } from '../../platform/errors.ts';
import { recordEvents } from '../events/index.ts';
import { showGone } from './naming-store.ts';
import { mediaParams, noMedia } from './require.ts';
import { deleteMediaRow, isAwaitedBySend, isInTemplate, lockMedia } from './store.ts';

export const deleteMedia = defineOperation({
  id: 'media.delete',
  tag: 'Media',
  summary: 'Delete media',
  description:
    'Messages that show it stay and show that it is gone (`media.status` is `failed`, its reason `deleted`); what was sent stays on the phones. CONFLICT while a message with it waits to be sent, or a template names it. The bytes go when no other media has the same.',
  http: { method: 'DELETE', path: '/v1/media/{mediaId}', status: 204 },
  scope: 'media:write',
  roles: ['owner', 'admin', 'agent'],
  perDevice: true,
  params: mediaParams,
  output: z.null(),
  errors: ['NOT_FOUND', 'CONFLICT'],
  mutates: true,
  async run(ctx, { mediaId }) {
    const workspaceId = ctx.workspace.id;
    const row = await lockMedia(ctx.tx, workspaceId, mediaId);
    if (!row) throw noMedia();
    if (await isAwaitedBySend(ctx.tx, workspaceId, mediaId)) {
      throw new WapingError('CONFLICT', 'a message with this media waits to be sent: cancel it first');
    }
    if (await isInTemplate(ctx.tx, workspaceId, mediaId))
      throw new WapingError('CONFLICT', 'a template names this media: change it first');
    await showGone(ctx.tx, workspaceId, mediaId);
    await deleteMediaRow(ctx.tx, workspaceId, mediaId);
    const data = { mediaId, at: ctx.now.toISOString() };
    await recordEvents(ctx.write, [
      { workspaceId, deviceId: row.device_id, subjectId: mediaId, type: 'media.deleted', data },
    ]);
    ctx.audit({ before: { kind: row.kind, mimeType: row.mime_type, size: Number(row.size) } });
    ctx.afterCommit(() => {
      ctx.wake.events();
      ctx.live.media.removeUnnamed(workspaceId).catch((error: unknown) => {
        ctx.log.warn({ err: error, mediaId }, 'the file of deleted media stays until the next sweep');
      });
    });
    return null;
  },
});
