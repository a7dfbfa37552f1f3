import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { defineOperation } from '../../operations/define.ts';
import { withPicture } from '../pictures/index.ts';
import { addressOf, whatsappIdField } from './group-schemas.ts';
import { requireGroup, requireMember, requirePhone, requireSandbox } from './require.ts';
import { phoneParams } from './schemas.ts';

const controlPicture = z.object({ id: z.string().nullable() });

export const setPhonePicture = defineOperation({
  id: 'sandbox.setPicture',
  tag: 'Sandbox',
  summary: 'Let a simulated phone change a picture',
  description:
    'Its own, or that of a group it is in. Devices that know the phone, or are in the group, tell of it: `contact.picture_changed`, `device.profile_updated` or `group.updated`.',
  http: { method: 'PUT', path: '/v1/sandbox/phones/{phone}/picture', status: 200 },
  scope: 'sandbox:write',
  roles: ['owner', 'admin', 'agent'],
  params: phoneParams,
  body: z
    .strictObject({
      base64: z
        .base64()
        .min(4)
        .nullable()
        .meta({ description: 'A JPEG, PNG or WebP; its middle is taken. null takes the picture away.' }),
      group: whatsappIdField.optional(),
    })
    .meta({ id: 'SetSandboxPicture', examples: [{ base64: null }] }),
  output: z
    .object({
      pictureId: z.string().nullable().meta({ description: 'WhatsApp’s name of the picture; null: there is none.' }),
    })
    .meta({ id: 'SandboxPicture' }),
  errors: ['NOT_FOUND', 'CONFLICT', 'UNSUPPORTED_MEDIA_TYPE', 'SERVICE_UNAVAILABLE'],
  mutates: false,
  async run(ctx, { phone, base64, group }) {
    await requirePhone(ctx, phone);
    if (group !== undefined) requireMember(await requireGroup(ctx, group, 'group'), phone);
    const whose = { number: phone, ...(group === undefined ? {} : { group: addressOf(group) }) };
    const set = async (picture: string | null): Promise<{ pictureId: string | null }> => {
      const made = await requireSandbox(ctx).call('pictures.set', { ...whose, base64: picture });
      return { pictureId: controlPicture.parse(made).id };
    };
    if (base64 === null) return set(null);
    return withPicture(ctx, { base64 }, async (path) => set((await readFile(path)).toString('base64')));
  },
});
