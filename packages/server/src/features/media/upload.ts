import { defineOperation } from '../../operations/define.ts';
import { CREATE_ERRORS, createMedia } from './create.ts';
import { ownerOf } from './require.ts';
import { mediaSchema, uploadForm } from './schemas.ts';

export const uploadMedia = defineOperation({
  id: 'media.upload',
  tag: 'Media',
  summary: 'Upload a file',
  description:
    'Takes a file of up to 100 MiB as `multipart/form-data`, in the field `file`, and answers its id for as many messages as you like. What it is told by its bytes: a Content-Type that contradicts them is refused. Each message type has its own limits; `sendableAs` says which the file passes. With an Idempotency-Key a retry of the same file answers the first media. It stays until you delete it, or until it is older than the workspace keeps messages and none shows it.',
  http: { method: 'POST', path: '/v1/media', status: 201 },
  scope: 'media:write',
  roles: ['owner', 'admin', 'agent'],
  perDevice: true,
  body: uploadForm,
  upload: true,
  output: mediaSchema,
  errors: CREATE_ERRORS,
  idempotent: true,
  mutates: true,
  location: (media) => `/v1/media/${media.id}`,
  async wire(ctx, { file, sendAs, deviceId }) {
    await ownerOf(ctx, deviceId);
    return ctx.live.media.keep(ctx.workspace.id, file, sendAs ?? null);
  },
  run: (ctx, { deviceId, fileName }, file) => createMedia(ctx, { file, deviceId, fileName, source: 'upload' }),
});
