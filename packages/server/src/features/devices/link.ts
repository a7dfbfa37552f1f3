import { z } from 'zod';
import { defineOperation } from '../../operations/define.ts';
import { pathId, phoneField } from '../../operations/fields.ts';
import { beginLink } from './begin-link.ts';
import { requireDevice } from './require.ts';
import { requireWithinDevices } from './room.ts';
import { linkSchema, toDevice } from './schemas.ts';

export const linkDevice = defineOperation({
  id: 'devices.link',
  tag: 'Devices',
  summary: 'Start linking',
  description:
    'With `qr`, show `GET /v1/devices/{deviceId}/qr` to the phone (Settings → Linked devices). With `code`, the person types the code that `GET /v1/devices/{deviceId}/link` answers. Just after an unlink this answers 409 with `retryable` for as long as the phone is being told.',
  http: { method: 'POST', path: '/v1/devices/{deviceId}/link', status: 202 },
  scope: 'devices:write',
  roles: ['owner', 'admin'],
  perDevice: true,
  params: z.strictObject({ deviceId: pathId('dev', 'The device.') }),
  body: z
    .strictObject({
      method: z
        .enum(['qr', 'code'])
        .default('qr')
        .meta({ description: 'How to ask the phone.', examples: ['qr'] }),
      phone: phoneField.optional().meta({ description: 'With `code`: number of the phone that will type it.' }),
    })
    .refine((body) => body.method !== 'code' || body.phone !== undefined, {
      path: ['phone'],
      message: 'needed with method code',
    })
    .meta({ id: 'LinkDevice' }),
  output: linkSchema,
  errors: ['QUOTA_EXCEEDED', 'NOT_FOUND', 'CONFLICT'],
  mutates: true,
  async run(ctx, input) {
    const before = await requireDevice(ctx, input.deviceId);
    if (before.network === 'whatsapp') await requireWithinDevices(ctx);
    const { row, deadline } = await beginLink(ctx.tx, {
      workspaceId: ctx.workspace.id,
      deviceId: before.id,
      method: input.method,
      phone: input.phone ?? null,
      now: ctx.now,
    });
    ctx.audit({ before: { state: before.state }, after: { state: row.state, method: input.method } });
    ctx.afterCommit(() => ctx.wake.devices());
    const device = toDevice(row);
    return {
      deviceId: row.id,
      method: input.method,
      state: device.state,
      stateReason: device.stateReason,
      qr: null,
      code: null,
      expiresAt: null,
      deadline: deadline.toISOString(),
    };
  },
});
