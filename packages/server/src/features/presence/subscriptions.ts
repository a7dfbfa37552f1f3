import { z } from 'zod';
import type { Address } from '../../engine/port.ts';
import type { OperationContext } from '../../operations/context.ts';
import { defineOperation } from '../../operations/define.ts';
import { idField, pathId } from '../../operations/fields.ts';
import { WapingError } from '../../platform/errors.ts';
import { findContact } from '../contacts/index.ts';
import { askWhatsApp } from '../devices/index.ts';
import { presenceSchema, toPresence } from './schemas.ts';

/** Seconds. */
const DEFAULT_SECONDS = 3_600;
const MAX_SECONDS = 24 * 3_600;

const device = pathId('dev', 'The device.');

async function personOf(ctx: OperationContext, contactId: string): Promise<Address> {
  const contact = await findContact(ctx.tx, ctx.workspace.id, contactId);
  if (!contact) throw new WapingError('NOT_FOUND', 'no such contact', { param: 'contactId' });
  const { phone, lid } = contact;
  return { kind: 'person', ...(phone ? { phone } : {}), ...(lid ? { lid } : {}) };
}

// The connection holds what is followed, and no row: nothing of it is committed here.
const base = {
  tag: 'Devices',
  scope: 'contacts:read',
  perDevice: true,
  errors: ['NOT_FOUND', 'SESSION_DISCONNECTED', 'CONFLICT', 'RATE_LIMITED', 'SERVICE_UNAVAILABLE'],
  mutates: false,
} as const;

export const subscribePresence = defineOperation({
  ...base,
  id: 'devices.subscribePresence',
  summary: 'Follow the presence of a contact',
  description:
    'Until it expires, events `presence.changed` tell when the person comes online, goes, types to this account or records. At most 100 people for each device, and one event in two seconds for each; the event log forgets these events after a day. Doing it again makes it last longer. WhatsApp tells of others only while the account shows itself online (`PUT …/presence`), and of `lastSeen` as the person allows. It lasts through lost connections, and ends when the device is restarted or moves to another node.',
  http: { method: 'POST', path: '/v1/devices/{deviceId}/presence-subscriptions', status: 200 },
  roles: ['owner', 'admin', 'agent'],
  params: z.strictObject({ deviceId: device }),
  body: z
    .strictObject({
      contactId: idField('con', 'Whom to follow.'),
      seconds: z
        .number()
        .int()
        .min(60)
        .max(MAX_SECONDS)
        .default(DEFAULT_SECONDS)
        .meta({ description: 'For how long, up to a day.', examples: [DEFAULT_SECONDS] }),
    })
    .meta({ id: 'SubscribePresence' }),
  output: presenceSchema,
  wire: async (ctx, { deviceId, contactId, seconds }) => {
    const until = ctx.now.getTime() + seconds * 1000;
    const input = { ref: contactId, person: await personOf(ctx, contactId), until };
    return askWhatsApp(ctx, deviceId, { name: 'watchPresence', input });
  },
  run: async (_ctx, _input, fact) => toPresence(fact),
});

export const listPresences = defineOperation({
  ...base,
  id: 'devices.listPresences',
  summary: 'Whose presence a device follows',
  description: 'With the latest that is known of each.',
  http: { method: 'GET', path: '/v1/devices/{deviceId}/presence-subscriptions', status: 200 },
  roles: ['owner', 'admin', 'agent', 'viewer'],
  params: z.strictObject({ deviceId: device }),
  output: z
    .object({ data: z.array(presenceSchema).meta({ description: 'Everybody it follows.' }) })
    .meta({ id: 'PresenceSubscriptions' }),
  wire: (ctx, { deviceId }) => askWhatsApp(ctx, deviceId, { name: 'watchedPresences', input: null }),
  run: async (_ctx, _input, facts) => ({ data: facts.map(toPresence) }),
});

export const unsubscribePresence = defineOperation({
  ...base,
  id: 'devices.unsubscribePresence',
  summary: 'Follow the presence of a contact no more',
  description: 'Repeating it changes nothing.',
  http: { method: 'DELETE', path: '/v1/devices/{deviceId}/presence-subscriptions/{contactId}', status: 204 },
  roles: ['owner', 'admin', 'agent'],
  params: z.strictObject({ deviceId: device, contactId: pathId('con', 'The contact.') }),
  output: z.null(),
  wire: async (ctx, { deviceId, contactId }) => {
    await personOf(ctx, contactId);
    return askWhatsApp(ctx, deviceId, { name: 'unwatchPresence', input: { ref: contactId } });
  },
  run: async () => null,
});
