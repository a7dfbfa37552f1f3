import { z } from 'zod';
import type { Address } from '../../engine/port.ts';
import type { OperationContext } from '../../operations/context.ts';
import { defineOperation } from '../../operations/define.ts';
import { E164, pathId } from '../../operations/fields.ts';
import { WapingError } from '../../platform/errors.ts';
import { findContact } from '../contacts/index.ts';
import { requireListening } from '../devices/index.ts';
import { askPicture, READING, shownPicture } from './read.ts';

async function personOf(ctx: OperationContext, person: string): Promise<Address> {
  if (E164.test(person)) return { kind: 'person', phone: person };
  const contact = await findContact(ctx.tx, ctx.workspace.id, person);
  if (!contact) throw new WapingError('NOT_FOUND', 'no such contact', { param: 'person' });
  const { phone, lid } = contact;
  return { kind: 'person', ...(phone ? { phone } : {}), ...(lid ? { lid } : {}) };
}

export const getPersonsPicture = defineOperation({
  ...READING,
  id: 'devices.getPictureOf',
  tag: 'Devices',
  summary: 'Get the picture of a contact or a number',
  description:
    'A JPEG, asked of WhatsApp over this device. NOT_FOUND where there is none, or the person lets this account not see it. A device asks for about 300 at once, then 100 a minute; beyond that it is RATE_LIMITED.',
  http: { method: 'GET', path: '/v1/devices/{deviceId}/pictures/{person}', status: 200 },
  scope: 'contacts:read',
  roles: ['owner', 'admin', 'agent', 'viewer'],
  perDevice: true,
  params: z.strictObject({
    deviceId: pathId('dev', 'The device that asks.'),
    person: z
      .string()
      .max(64)
      .meta({ description: 'E.164 number, or the id of a contact.', examples: ['+15551234567'] }),
  }),
  errors: ['NOT_FOUND', 'SESSION_DISCONNECTED', 'CONFLICT', 'RATE_LIMITED', 'SERVICE_UNAVAILABLE'],
  async wire(ctx, { person, ...input }) {
    await requireListening(ctx, input.deviceId);
    return askPicture(ctx, { ...input, of: await personOf(ctx, person) });
  },
  run: async (_ctx, { size }, answer) => shownPicture(answer, size),
});
