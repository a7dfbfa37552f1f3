import { z } from 'zod';
import { defineOperation } from '../../operations/define.ts';
import { newId } from '../../platform/ids.ts';
import { recordEvents } from '../events/index.ts';
import { requireDeviceRoom } from './room.ts';
import { deviceSchema, labelField, networkField, toDevice } from './schemas.ts';
import { insertDevice } from './store.ts';

export const createDevice = defineOperation({
  id: 'devices.create',
  tag: 'Devices',
  summary: 'Create a device',
  description:
    'A place for one WhatsApp account. Link it next: `POST /v1/devices/{deviceId}/link`. The plan limits how many devices of network `whatsapp` there are; sandbox devices are free.',
  http: { method: 'POST', path: '/v1/devices', status: 201 },
  scope: 'devices:write',
  roles: ['owner', 'admin'],
  body: z.strictObject({ label: labelField, network: networkField.default('whatsapp') }).meta({ id: 'CreateDevice' }),
  output: deviceSchema,
  errors: ['QUOTA_EXCEEDED'],
  idempotent: true,
  mutates: true,
  location: (device) => `/v1/devices/${device.id}`,
  async run(ctx, input) {
    const workspaceId = ctx.workspace.id;
    if (input.network === 'whatsapp') await requireDeviceRoom(ctx);
    const row = await insertDevice(ctx.tx, {
      id: newId('dev'),
      workspaceId,
      label: input.label,
      network: input.network,
    });
    const device = toDevice(row);
    ctx.audit({ after: { label: device.label, network: device.network } });
    await recordEvents(ctx.tx, [
      { workspaceId, deviceId: device.id, subjectId: device.id, type: 'device.created', data: { device } },
    ]);
    ctx.afterCommit(() => ctx.wake.events());
    return device;
  },
});
