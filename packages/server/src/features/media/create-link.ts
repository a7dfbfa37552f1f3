import { z } from 'zod';
import { defineOperation } from '../../operations/define.ts';
import { timeField } from '../../operations/fields.ts';
import { MAX_LINK_SECONDS } from './links.ts';
import { mediaParams, requireMedia } from './require.ts';

const DEFAULT_SECONDS = 900;

export const createMediaLink = defineOperation({
  id: 'media.createLink',
  tag: 'Media',
  summary: 'Make a link to media',
  description:
    'A URL that whoever has it can open without a key, for a browser or another service. It ends by itself, at the latest after a day, and with the media; it cannot be taken back before.',
  http: { method: 'POST', path: '/v1/media/{mediaId}/url', status: 200 },
  scope: 'media:read',
  roles: ['owner', 'admin', 'agent', 'viewer'],
  perDevice: true,
  params: mediaParams,
  body: z
    .strictObject({
      expiresIn: z
        .number()
        .int()
        .min(10)
        .max(MAX_LINK_SECONDS)
        .default(DEFAULT_SECONDS)
        .meta({ description: 'Seconds it works, up to a day.', examples: [DEFAULT_SECONDS] }),
    })
    .meta({ id: 'CreateMediaLink' }),
  output: z
    .object({
      url: z.string().meta({
        description: 'The link. It is a secret for as long as it works.',
        examples: ['https://waping.example.com/media/ws_01jd8k3v5q7w9x2y4z6a8b0c1d/med_01jd8k3v5q7w9x2y4z6a8b0c1d?…'],
      }),
      expiresAt: timeField.meta({ description: 'When it stops working.' }),
    })
    .meta({ id: 'MediaLink' }),
  errors: ['NOT_FOUND'],
  rateClass: 'read',
  mutates: false,
  async run(ctx, { mediaId, expiresIn }) {
    const { id } = await requireMedia(ctx, mediaId);
    const expires = Math.floor(ctx.now.getTime() / 1000) + expiresIn;
    const path = await ctx.live.media.links.path({ workspaceId: ctx.workspace.id, mediaId: id, expires });
    return { url: `${ctx.publicUrl}${path}`, expiresAt: new Date(expires * 1000).toISOString() };
  },
});
