import { z } from 'zod';
import { closePage, openPage } from '../../operations/cursor.ts';
import { defineOperation } from '../../operations/define.ts';
import { listQuery, pageOf } from '../../operations/fields.ts';
import { deviceSchema, toDevice } from './schemas.ts';
import { DEVICE_STATES } from './state.ts';
import { listDeviceRows } from './store.ts';

export const listDevices = defineOperation({
  id: 'devices.list',
  tag: 'Devices',
  summary: 'List devices',
  http: { method: 'GET', path: '/v1/devices', status: 200 },
  scope: 'devices:read',
  roles: ['owner', 'admin', 'agent', 'viewer'],
  perDevice: true,
  query: z.strictObject({
    ...listQuery,
    state: z.enum(DEVICE_STATES).optional().meta({ description: 'Only devices in this state.' }),
  }),
  output: pageOf('DeviceList', deviceSchema),
  errors: [],
  mutates: false,
  async run(ctx, input) {
    const filters = { state: input.state };
    const rows = await listDeviceRows(ctx.tx, {
      workspaceId: ctx.workspace.id,
      state: input.state ?? null,
      page: openPage(input, filters),
    });
    return closePage(rows.map(toDevice), { ...input, filters }, (device) => device.id);
  },
});
