import { z } from 'zod';
import { defineOperation } from '../../operations/define.ts';
import { pathId } from '../../operations/fields.ts';
import { askWhatsApp } from './ask.ts';

const stateField = z
  .enum(['available', 'unavailable'])
  .meta({ description: 'Whether others see the account online.', examples: ['available'] });

export const setPresence = defineOperation({
  id: 'devices.setPresence',
  tag: 'Devices',
  summary: 'Show the account online, or not',
  description:
    'Devices connect as `unavailable`, so that the phone goes on ringing. It holds until the connection ends and is not kept: each new connection is `unavailable` again.',
  http: { method: 'PUT', path: '/v1/devices/{deviceId}/presence', status: 200 },
  scope: 'devices:write',
  roles: ['owner', 'admin', 'agent'],
  perDevice: true,
  params: z.strictObject({ deviceId: pathId('dev', 'The device.') }),
  body: z.strictObject({ state: stateField }).meta({ id: 'SetPresence' }),
  output: z.object({ state: stateField }).meta({ id: 'Presence' }),
  errors: ['NOT_FOUND', 'SESSION_DISCONNECTED', 'CONFLICT', 'SERVICE_UNAVAILABLE'],
  mutates: false,
  wire: (ctx, input) =>
    askWhatsApp(ctx, input.deviceId, { name: 'presence', input: { available: input.state === 'available' } }),
  run: async (_ctx, input) => ({ state: input.state }),
});
