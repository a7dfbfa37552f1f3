import { z } from 'zod';
import { defineOperation } from '../../operations/define.ts';
import { pathId } from '../../operations/fields.ts';
import { WapingError } from '../../platform/errors.ts';
import { changeState } from './change-state.ts';
import { requireDevice } from './require.ts';
import { deviceSchema, toDevice } from './schemas.ts';
import { type DeviceRow, setDesired } from './store.ts';

const params = z.strictObject({ deviceId: pathId('dev', 'The device.') });

export const unlinkDevice = defineOperation({
  id: 'devices.unlink',
  tag: 'Devices',
  summary: 'Unlink a device',
  description:
    'Removes it from the phone’s linked devices and wipes its credentials. Id, label and history stay; link it again at any time.',
  http: { method: 'POST', path: '/v1/devices/{deviceId}/unlink', status: 200 },
  scope: 'devices:write',
  roles: ['owner', 'admin'],
  perDevice: true,
  params,
  output: deviceSchema,
  errors: ['NOT_FOUND'],
  mutates: true,
  async run(ctx, input) {
    const row = await requireDevice(ctx, input.deviceId);
    const workspaceId = ctx.workspace.id;
    const changed = await changeState(
      ctx.tx,
      { workspaceId, deviceId: row.id, now: ctx.now },
      { kind: 'command', command: 'unlink' },
    );
    await setDesired(ctx.tx, { workspaceId, id: row.id, desired: 'logout' });
    ctx.audit({ before: { state: row.state }, after: { state: changed?.state } });
    ctx.afterCommit(() => ctx.wake.devices());
    return toDevice(changed ?? row);
  },
});

export const restartDevice = defineOperation({
  id: 'devices.restart',
  tag: 'Devices',
  summary: 'Restart a device’s connection',
  description: 'Closes the socket and connects again with the same credentials. Nothing is unlinked.',
  http: { method: 'POST', path: '/v1/devices/{deviceId}/restart', status: 202 },
  scope: 'devices:write',
  roles: ['owner', 'admin', 'agent'],
  perDevice: true,
  params,
  output: deviceSchema,
  errors: ['NOT_FOUND', 'SESSION_DISCONNECTED'],
  mutates: true,
  async run(ctx, input) {
    const row = await requireDevice(ctx, input.deviceId);
    const workspaceId = ctx.workspace.id;
    const changed: DeviceRow | null = await changeState(
      ctx.tx,
      { workspaceId, deviceId: row.id, now: ctx.now },
      { kind: 'command', command: 'restart' },
    );
    if (changed?.state !== 'connecting') {
      throw new WapingError('SESSION_DISCONNECTED', `the device is ${row.state}: link it first`, { param: 'deviceId' });
    }
    await setDesired(ctx.tx, { workspaceId, id: row.id, desired: 'open' });
    ctx.afterCommit(() => ctx.wake.devices());
    return toDevice(changed);
  },
});
