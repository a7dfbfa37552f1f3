import { z } from 'zod';
import { defineOperation } from '../../operations/define.ts';
import { pathId } from '../../operations/fields.ts';
import { askWhatsApp } from '../devices/index.ts';
import { recordEvents } from '../events/index.ts';

/** WhatsApp's own bounds. */
const MAX_NAME = 25;
const MAX_ABOUT = 139;

const params = z.strictObject({ deviceId: pathId('dev', 'The device.') });
const errors = ['NOT_FOUND', 'SESSION_DISCONNECTED', 'CONFLICT', 'RATE_LIMITED', 'SERVICE_UNAVAILABLE'] as const;

const profileSchema = z
  .object({
    name: z
      .string()
      .nullable()
      .meta({ description: 'The name the account shows to others.', examples: ['Ada’s shop'] }),
    about: z
      .string()
      .nullable()
      .meta({ description: 'The line under it.', examples: ['Open 9 to 5'] }),
    pictureId: z
      .string()
      .nullable()
      .meta({
        description: 'WhatsApp’s name of its picture, another one with every change; null where it has none.',
        examples: ['1732791600'],
      }),
  })
  .meta({ id: 'DeviceProfile' });

export const getProfile = defineOperation({
  id: 'devices.getProfile',
  tag: 'Devices',
  summary: 'Get the profile of the account',
  description: 'Asks WhatsApp: the profile is kept nowhere here. The picture itself is at `/picture`.',
  http: { method: 'GET', path: '/v1/devices/{deviceId}/profile', status: 200 },
  scope: 'devices:read',
  roles: ['owner', 'admin', 'agent', 'viewer'],
  perDevice: true,
  params,
  output: profileSchema,
  errors,
  mutates: false,
  wire: (ctx, input) => askWhatsApp(ctx, input.deviceId, { name: 'profile', input: null }),
  run: async (_ctx, _input, profile) => profile,
});

export const updateProfile = defineOperation({
  id: 'devices.updateProfile',
  tag: 'Devices',
  summary: 'Change the profile of the account',
  description:
    'Name and about line, as others see them on WhatsApp. What you leave out stays. Others see a new name with the account’s next message. The picture is set at `/picture`.',
  http: { method: 'PATCH', path: '/v1/devices/{deviceId}/profile', status: 200 },
  scope: 'devices:write',
  roles: ['owner', 'admin'],
  perDevice: true,
  params,
  body: z
    .strictObject({
      name: z
        .string()
        .trim()
        .min(1)
        .max(MAX_NAME)
        .optional()
        .meta({ description: 'The name others see.', examples: ['Ada’s shop'] }),
      about: z
        .string()
        .max(MAX_ABOUT)
        .optional()
        .meta({ description: 'The line under it; empty for none.', examples: ['Open 9 to 5'] }),
    })
    .refine(({ name, about }) => name !== undefined || about !== undefined, { message: 'names nothing to change' })
    .meta({ id: 'UpdateDeviceProfile', examples: [{ about: 'Open 9 to 5' }] }),
  output: profileSchema,
  errors,
  mutates: true,
  async wire(ctx, input) {
    const { deviceId, name, about } = input;
    const change = { ...(name === undefined ? {} : { name }), ...(about === undefined ? {} : { about }) };
    await askWhatsApp(ctx, deviceId, { name: 'changeProfile', input: change });
    return { ...(await askWhatsApp(ctx, deviceId, { name: 'profile', input: null })), ...change };
  },
  async run(ctx, { deviceId, name, about }, profile) {
    const changed = [...(name === undefined ? [] : ['name']), ...(about === undefined ? [] : ['about'])];
    ctx.audit({ after: { changed } });
    const data = { deviceId, changed };
    await recordEvents(ctx.write, [
      { workspaceId: ctx.workspace.id, deviceId, subjectId: deviceId, type: 'device.profile_updated', data },
    ]);
    ctx.afterCommit(() => ctx.wake.events());
    return { name: profile.name, about: profile.about || null, pictureId: profile.pictureId };
  },
});
