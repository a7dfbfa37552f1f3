import { z } from 'zod';
import { defineOperation } from '../../operations/define.ts';
import { pathId } from '../../operations/fields.ts';
import { recordEvents } from '../events/index.ts';
import { changeState } from './change-state.ts';
import { requireDevice } from './require.ts';
import { markDeleted, setDesired } from './store.ts';

export const deleteDevice = defineOperation({
  id: 'devices.delete',
  tag: 'Devices',
  summary: 'Delete a device',
  description:
    'Works in every state. The phone is told to remove it, its credentials are wiped, its history goes with it.',
  http: { method: 'DELETE', path: '/v1/devices/{deviceId}', status: 204 },
  scope: 'devices:write',
  roles: ['owner', 'admin'],
  perDevice: true,
  params: z.strictObject({ deviceId: pathId('dev', 'The device.') }),
  output: z.null(),
  errors: ['NOT_FOUND'],
  mutates: true,
  async run(ctx, input) {
    const row = await requireDevice(ctx, input.deviceId);
    const workspaceId = ctx.workspace.id;
    ctx.audit({ before: { label: row.label, network: row.network, state: row.state } });
    await changeState(ctx.tx, { workspaceId, deviceId: row.id, now: ctx.now }, { kind: 'command', command: 'unlink' });
    await markDeleted(ctx.tx, workspaceId, row.id);
    await setDesired(ctx.tx, { workspaceId, id: row.id, desired: 'logout' });
    await recordEvents(ctx.tx, [
      { workspaceId, deviceId: row.id, subjectId: row.id, type: 'device.deleted', data: { deviceId: row.id } },
    ]);
    ctx.afterCommit(() => {
      ctx.wake.devices();
      ctx.wake.events();
    });
    return null;
  },
});
