import { defineOperation } from '../../operations/define.ts';
import { CREATE_ERRORS, createMedia } from './create.ts';
import { MAX_MEDIA_BYTES, SEND_LIMITS } from './kinds.ts';
import { ownerOf } from './require.ts';
import { fetchBody, mediaSchema } from './schemas.ts';

export const fetchMedia = defineOperation({
  id: 'media.fetch',
  tag: 'Media',
  summary: 'Fetch a file from a URL',
  description:
    'Like an upload, of a file that lies elsewhere: it is fetched now, once, and kept. The URL must lead to the internet, on the ports of http and https, through at most three redirects; private, loopback and link-local addresses are refused in every spelling unless the operator allows them. SERVICE_UNAVAILABLE: the other side does not answer, try again later.',
  http: { method: 'POST', path: '/v1/media/fetch', status: 201 },
  scope: 'media:write',
  roles: ['owner', 'admin', 'agent'],
  perDevice: true,
  body: fetchBody,
  output: mediaSchema,
  errors: CREATE_ERRORS,
  idempotent: true,
  mutates: true,
  location: (media) => `/v1/media/${media.id}`,
  async wire(ctx, { url, sendAs, deviceId }) {
    await ownerOf(ctx, deviceId);
    const maxBytes = sendAs === undefined ? MAX_MEDIA_BYTES : SEND_LIMITS[sendAs].maxBytes;
    const asked = { maxBytes, signal: ctx.signal };
    await using draft = await ctx.live.media.receiveUrl(ctx.workspace.id, url, asked);
    return await ctx.live.media.keep(ctx.workspace.id, draft, sendAs ?? null);
  },
  run: (ctx, { deviceId, fileName }, file) => createMedia(ctx, { file, deviceId, fileName, source: 'url' }),
});
