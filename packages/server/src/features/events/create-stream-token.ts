import { z } from 'zod';
import { devicesOf } from '../../operations/context.ts';
import { defineOperation } from '../../operations/define.ts';
import { idField, timeField } from '../../operations/fields.ts';
import { WapingError } from '../../platform/errors.ts';
import { expandTypes } from './filter.ts';
import { isDeviceOf } from './log-store.ts';
import { holderOf, sealStreamToken } from './stream-token.ts';

const DEFAULT_SECONDS = 300;
const MAX_SECONDS = 600;
const MAX_TYPES = 100;

export const createStreamToken = defineOperation({
  id: 'events.createStreamToken',
  tag: 'Events',
  summary: 'Make a token for a stream',
  description:
    'For a browser’s `EventSource`, which can send no key: the token opens `GET /v1/events/stream` for a few minutes and nothing else. It shows what its key or person may see, narrowed by the filters given here, and ends with them; the stream it has opened goes on.',
  http: { method: 'POST', path: '/v1/events/stream-tokens', status: 200 },
  scope: 'events:read',
  roles: ['owner', 'admin', 'agent', 'viewer'],
  perDevice: true,
  body: z
    .strictObject({
      types: z
        .array(z.string().min(1).max(60))
        .min(1)
        .max(MAX_TYPES)
        .optional()
        .meta({ description: 'Only these types; `message.*` is all that begin so.', examples: [['message.*']] }),
      deviceId: idField('dev', 'Only events of this device.').optional(),
      expiresIn: z
        .number()
        .int()
        .min(10)
        .max(MAX_SECONDS)
        .default(DEFAULT_SECONDS)
        .meta({ description: 'Seconds in which it opens streams.', examples: [DEFAULT_SECONDS] }),
    })
    .meta({ id: 'CreateStreamToken' }),
  output: z
    .object({
      token: z.string().meta({ description: 'A secret for as long as it works.', examples: ['wst_…'] }),
      url: z.string().meta({
        description: 'The stream, with the token.',
        examples: ['https://waping.example.com/v1/events/stream?token=wst_…'],
      }),
      expiresAt: timeField.meta({ description: 'When it opens no more streams.' }),
    })
    .meta({ id: 'StreamToken' }),
  errors: ['NOT_FOUND'],
  rateClass: 'read',
  mutates: false,
  async run(ctx, { types, deviceId = null, expiresIn }) {
    const workspaceId = ctx.workspace.id;
    if (deviceId !== null && !(await isDeviceOf(ctx.tx, workspaceId, deviceId)))
      throw new WapingError('NOT_FOUND', 'no such device', { param: 'deviceId' });
    const devices = devicesOf(ctx.actor);
    const expires = ctx.now.getTime() + expiresIn * 1000;
    const claims = {
      actor: holderOf(ctx.actor),
      devices: devices === null ? null : [...devices],
      types: types === undefined ? null : expandTypes(types),
      deviceId,
      expires,
    };
    const token = await sealStreamToken(workspaceId, claims, ctx.secrets.seal);
    const url = `${ctx.publicUrl}/v1/events/stream?token=${token}`;
    return { token, url, expiresAt: new Date(expires).toISOString() };
  },
});
