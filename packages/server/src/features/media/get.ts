import { defineOperation } from '../../operations/define.ts';
import { mediaParams, requireMedia } from './require.ts';
import { mediaSchema, toMedia } from './schemas.ts';

export const getMedia = defineOperation({
  id: 'media.get',
  tag: 'Media',
  summary: 'Get media',
  description: 'What is known of a file. Its bytes are at `/content`.',
  http: { method: 'GET', path: '/v1/media/{mediaId}', status: 200 },
  scope: 'media:read',
  roles: ['owner', 'admin', 'agent', 'viewer'],
  perDevice: true,
  params: mediaParams,
  output: mediaSchema,
  errors: ['NOT_FOUND'],
  mutates: false,
  run: async (ctx, { mediaId }) => toMedia(await requireMedia(ctx, mediaId)),
});
