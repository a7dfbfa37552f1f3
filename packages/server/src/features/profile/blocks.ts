import { z } from 'zod';
import type { Address } from '../../engine/port.ts';
import type { OperationContext } from '../../operations/context.ts';
import { defineOperation } from '../../operations/define.ts';
import { idField, pathId, shownId } from '../../operations/fields.ts';
import { WapingError } from '../../platform/errors.ts';
import { findContact } from '../contacts/index.ts';
import { askWhatsApp } from '../devices/index.ts';
import { recordEvents } from '../events/index.ts';

const errors = ['NOT_FOUND', 'SESSION_DISCONNECTED', 'CONFLICT', 'RATE_LIMITED', 'SERVICE_UNAVAILABLE'] as const;
const device = pathId('dev', 'The device.');

export const listBlocked = defineOperation({
  id: 'devices.listBlocked',
  tag: 'Devices',
  summary: 'Who is blocked on a device',
  description: 'Asks WhatsApp: the list is kept nowhere here.',
  http: { method: 'GET', path: '/v1/devices/{deviceId}/blocked', status: 200 },
  scope: 'contacts:read',
  roles: ['owner', 'admin', 'agent', 'viewer'],
  perDevice: true,
  params: z.strictObject({ deviceId: device }),
  output: z
    .object({
      blocked: z
        .array(
          z.object({
            phone: z
              .string()
              .nullable()
              .meta({ description: 'E.164, where told.', examples: ['+15551234567'] }),
            lid: z.string().nullable().meta({ description: 'WhatsApp’s privacy-preserving number, where told.' }),
          }),
        )
        .meta({ description: 'People whose messages and calls the account does not get.' }),
    })
    .meta({ id: 'BlockedList' }),
  errors,
  mutates: false,
  wire: (ctx, input) => askWhatsApp(ctx, input.deviceId, { name: 'blocked', input: null }),
  run: async (_ctx, _input, people) => ({
    blocked: people.flatMap((one) =>
      one.kind === 'person' ? [{ phone: one.phone ?? null, lid: one.lid ?? null }] : [],
    ),
  }),
});

async function personOf(ctx: OperationContext, contactId: string): Promise<Address> {
  const contact = await findContact(ctx.tx, ctx.workspace.id, contactId);
  if (!contact) throw new WapingError('NOT_FOUND', 'no such contact', { param: 'contactId' });
  const { phone, lid } = contact;
  return { kind: 'person', ...(phone ? { phone } : {}), ...(lid ? { lid } : {}) };
}

async function ask(ctx: OperationContext, { deviceId, contactId }: Named, blocked: boolean): Promise<null> {
  return askWhatsApp(ctx, deviceId, { name: 'block', input: { person: await personOf(ctx, contactId), blocked } });
}

interface Named {
  deviceId: string;
  contactId: string;
}

async function tell(ctx: OperationContext, { deviceId, contactId }: Named, blocked: boolean) {
  const type = blocked ? 'contact.blocked' : 'contact.unblocked';
  const data = { contactId, deviceId };
  await recordEvents(ctx.write, [{ workspaceId: ctx.workspace.id, deviceId, subjectId: contactId, type, data }]);
  ctx.afterCommit(() => ctx.wake.events());
  return { contactId, blocked };
}

const output = z
  .object({
    contactId: shownId('con', 'The contact.'),
    blocked: z.boolean().meta({ description: 'Whether it is blocked now.', examples: [true] }),
  })
  .meta({ id: 'Block' });

const base = {
  tag: 'Devices',
  scope: 'contacts:write',
  roles: ['owner', 'admin', 'agent'],
  perDevice: true,
  output,
  errors,
  mutates: true,
} as const;

export const blockContact = defineOperation({
  ...base,
  id: 'devices.block',
  summary: 'Block a contact on a device',
  description:
    'The account gets no messages and calls of this person any more. Repeating it changes nothing on WhatsApp.',
  http: { method: 'POST', path: '/v1/devices/{deviceId}/blocked', status: 200 },
  params: z.strictObject({ deviceId: device }),
  body: z.strictObject({ contactId: idField('con', 'Whom to block.') }).meta({ id: 'BlockContact' }),
  wire: (ctx, input) => ask(ctx, input, true),
  run: (ctx, input) => tell(ctx, input, true),
});

export const unblockContact = defineOperation({
  ...base,
  id: 'devices.unblock',
  summary: 'Unblock a contact on a device',
  http: { method: 'DELETE', path: '/v1/devices/{deviceId}/blocked/{contactId}', status: 200 },
  params: z.strictObject({ deviceId: device, contactId: pathId('con', 'The contact.') }),
  wire: (ctx, input) => ask(ctx, input, false),
  run: (ctx, input) => tell(ctx, input, false),
});
