import { z } from 'zod';
import { defineOperation } from '../../operations/define.ts';
import { pathId } from '../../operations/fields.ts';
import { WapingError } from '../../platform/errors.ts';
import { checkFloor, pacingBody, pacingOf } from './pacing.ts';
import { deviceSchema, labelField, rejectCallsField, toDevice } from './schemas.ts';
import { type DeviceRow, lockDevice, updateDeviceRow } from './store.ts';

export const updateDevice = defineOperation({
  id: 'devices.update',
  tag: 'Devices',
  summary: 'Rename or pace a device, or have it reject calls',
  description:
    'Changes what is given. Pacing on network `whatsapp` can be made stricter, and relaxed no further than its floor: `gapSeconds` 2, `chatGapSeconds` 1, `coldChatsPerDay` 250, `warmUpDays` 7, quiet hours from 22:00 to 07:00.',
  http: { method: 'PATCH', path: '/v1/devices/{deviceId}', status: 200 },
  scope: 'devices:write',
  roles: ['owner', 'admin'],
  perDevice: true,
  params: z.strictObject({ deviceId: pathId('dev', 'The device.') }),
  body: z
    .strictObject({
      label: labelField.optional(),
      pacing: pacingBody
        .nullable()
        .optional()
        .meta({ description: 'What to change of its pacing; null takes it back to the defaults.' }),
      rejectCalls: rejectCallsField.optional(),
    })
    .refine((body) => body.label !== undefined || body.pacing !== undefined || body.rejectCalls !== undefined, {
      message: 'give label, pacing or rejectCalls',
    })
    .meta({ id: 'UpdateDevice', examples: [{ label: 'Support' }] }),
  output: deviceSchema,
  errors: ['NOT_FOUND'],
  mutates: true,
  async run(ctx, input) {
    const before = await lockDevice(ctx.tx, ctx.workspace.id, input.deviceId);
    if (!before) throw new WapingError('NOT_FOUND', 'no such device', { param: 'deviceId' });
    const pacing = input.pacing ? { ...Object(before.pacing), ...input.pacing } : input.pacing;
    const wanted = pacing === undefined ? before.pacing : pacing;
    if (pacing !== undefined) checkFloor({ network: before.network, pacing: wanted });
    const label = input.label ?? before.label;
    const row = await updateDeviceRow(ctx.tx, {
      workspaceId: ctx.workspace.id,
      id: input.deviceId,
      label,
      pacing: wanted,
      rejectCalls: input.rejectCalls ?? before.reject_calls,
    });
    if (!row) throw new WapingError('NOT_FOUND', 'no such device', { param: 'deviceId' });
    const shown = (one: DeviceRow) => ({
      label: one.label,
      ...(pacing === undefined ? {} : { pacing: pacingOf(one) }),
      ...(input.rejectCalls === undefined ? {} : { rejectCalls: one.reject_calls }),
    });
    ctx.audit({ before: shown(before), after: shown(row) });
    if (pacing !== undefined) ctx.afterCommit(() => ctx.wake.devices());
    return toDevice(row);
  },
});
