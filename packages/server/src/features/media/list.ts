import { z } from 'zod';
import { closePage, openPage } from '../../operations/cursor.ts';
import { defineOperation } from '../../operations/define.ts';
import { idField, listQuery, pageOf } from '../../operations/fields.ts';
import { MEDIA_KINDS } from './kinds.ts';
import { mediaSchema, toMedia } from './schemas.ts';
import { listMediaRows } from './store.ts';

export const listMedia = defineOperation({
  id: 'media.list',
  tag: 'Media',
  summary: 'List media',
  description: 'What the workspace holds: uploaded, fetched, and received. Newest first.',
  http: { method: 'GET', path: '/v1/media', status: 200 },
  scope: 'media:read',
  roles: ['owner', 'admin', 'agent', 'viewer'],
  perDevice: true,
  query: z.strictObject({
    ...listQuery,
    deviceId: idField('dev', 'Only media of this device.').optional(),
    kind: z
      .enum(MEDIA_KINDS)
      .optional()
      .meta({ description: 'Only files of this kind.', examples: ['image'] }),
    source: z
      .enum(['upload', 'url', 'base64', 'inbound'])
      .optional()
      .meta({ description: 'Only what came here in this way.', examples: ['upload'] }),
  }),
  output: pageOf('MediaList', mediaSchema),
  errors: [],
  mutates: false,
  async run(ctx, input) {
    const filters = { deviceId: input.deviceId, kind: input.kind, source: input.source };
    const rows = await listMediaRows(ctx.tx, {
      workspaceId: ctx.workspace.id,
      deviceId: filters.deviceId ?? null,
      kind: filters.kind ?? null,
      source: filters.source ?? null,
      page: openPage(input, filters),
    });
    return closePage(rows.map(toMedia), { ...input, filters }, (media) => media.id);
  },
});
