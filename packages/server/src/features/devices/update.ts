import { z } from 'zod';
import { defineOperation } from '../../operations/define.ts';
import { pathId } from '../../operations/fields.ts';
import { WapingError } from '../../platform/errors.ts';
import { deviceSchema, labelField, toDevice } from './schemas.ts';
import { lockDevice, updateLabel } from './store.ts';

export const updateDevice = defineOperation({
  id: 'devices.update',
  tag: 'Devices',
  summary: 'Rename a device',
  http: { method: 'PATCH', path: '/v1/devices/{deviceId}', status: 200 },
  scope: 'devices:write',
  roles: ['owner', 'admin'],
  perDevice: true,
  params: z.strictObject({ deviceId: pathId('dev', 'The device.') }),
  body: z.strictObject({ label: labelField }).meta({ id: 'UpdateDevice' }),
  output: deviceSchema,
  errors: ['NOT_FOUND'],
  mutates: true,
  async run(ctx, input) {
    const before = await lockDevice(ctx.tx, ctx.workspace.id, input.deviceId);
    const row = await updateLabel(ctx.tx, { workspaceId: ctx.workspace.id, id: input.deviceId, label: input.label });
    if (!row) throw new WapingError('NOT_FOUND', 'no such device', { param: 'deviceId' });
    ctx.audit({ before: { label: before?.label }, after: { label: row.label } });
    return toDevice(row);
  },
});
