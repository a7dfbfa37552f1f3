import { z } from 'zod';
import { defineOperation } from '../../operations/define.ts';
import { pathId } from '../../operations/fields.ts';
import { requireDevice } from './require.ts';
import { deviceSchema, toDevice } from './schemas.ts';

export const getDevice = defineOperation({
  id: 'devices.get',
  tag: 'Devices',
  summary: 'Get a device',
  http: { method: 'GET', path: '/v1/devices/{deviceId}', status: 200 },
  scope: 'devices:read',
  roles: ['owner', 'admin', 'agent', 'viewer'],
  perDevice: true,
  params: z.strictObject({ deviceId: pathId('dev', 'The device.') }),
  output: deviceSchema,
  errors: ['NOT_FOUND'],
  mutates: false,
  async run(ctx, input) {
    return toDevice(await requireDevice(ctx, input.deviceId));
  },
});
