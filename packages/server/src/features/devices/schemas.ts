import { z } from 'zod';
import { isoOrNull, phoneField, shownId, timeField } from '../../operations/fields.ts';
import { pacingOf, pacingSchema } from './pacing.ts';
import { DEVICE_STATES } from './state.ts';
import type { DeviceRow } from './store.ts';

export const labelField = z
  .string()
  .trim()
  .min(1)
  .max(80)
  .meta({ description: 'A name your team knows it by.', examples: ['Support'] });
export const networkField = z.enum(['whatsapp', 'sandbox']).meta({
  description: '`sandbox` is the simulated network: no phone and no quota needed.',
  examples: ['sandbox'],
});

export const stateField = z
  .enum(DEVICE_STATES)
  .meta({ description: 'Where the device stands.', examples: ['connected'] });

export const rejectCallsField = z.boolean().meta({
  description: 'Whether every call to the account is rejected as soon as it rings, while the device is connected.',
  examples: [false],
});

const historySchema = z
  .object({
    state: z.enum(['none', 'syncing', 'done', 'failed']).meta({
      description:
        '`none`: the phone sent no history yet; `syncing`: some of it waits to be stored; `done`: all it sent is stored; `failed`: the last part could not be read.',
      examples: ['done'],
    }),
    percent: z
      .number()
      .int()
      .meta({
        description: 'How much of the history it shares the phone has sent, as it says itself.',
        examples: [100],
      }),
    messages: z
      .number()
      .int()
      .meta({ description: 'Messages it brought since the device was linked.', examples: [1840] }),
  })
  .meta({ description: 'How far the history is that the phone hands over after a link.' });

export const deviceSchema = z
  .object({
    id: shownId('dev', 'Id of the device; stays through unlinking and linking again.'),
    label: z.string().meta({ description: 'The name your team knows it by.', examples: ['Support'] }),
    network: networkField,
    state: stateField,
    stateReason: z.string().meta({ description: 'Why it is in this state.', examples: ['connected'] }),
    stateAt: timeField.meta({ description: 'Since when.' }),
    restrictedUntil: timeField.nullable().meta({
      description:
        'Until when WhatsApp restricts the account, as last told. With reason `reach_out_locked` only new chats wait for it.',
    }),
    retryAt: timeField.nullable().meta({ description: 'When it connects again by itself.' }),
    account: z
      .object({
        phone: phoneField,
        lid: z.string().nullable().meta({ description: 'WhatsApp’s privacy-preserving number of the account.' }),
        name: z.string().nullable().meta({ description: 'Name the account shows to others.' }),
      })
      .nullable()
      .meta({ description: 'The WhatsApp account it is linked to.' }),
    pacing: pacingSchema.meta({ description: 'How its sends are spread; see the guide on pacing.' }),
    rejectCalls: rejectCallsField,
    historySync: historySchema,
    createdAt: timeField,
  })
  .meta({ id: 'Device' });

export type DeviceResource = z.output<typeof deviceSchema>;

export function toDevice(row: DeviceRow): DeviceResource {
  return {
    id: row.id,
    label: row.label,
    network: row.network,
    state: z.enum(DEVICE_STATES).parse(row.state),
    stateReason: row.state_reason,
    stateAt: row.state_at.toISOString(),
    restrictedUntil: isoOrNull(row.restricted_until),
    retryAt: isoOrNull(row.retry_at),
    account: row.phone === null ? null : { phone: row.phone, lid: row.lid, name: row.account_name },
    pacing: pacingOf(row),
    rejectCalls: row.reject_calls,
    historySync: { state: row.history_state, percent: row.history_percent, messages: row.history_messages },
    createdAt: row.created_at.toISOString(),
  };
}

export const linkSchema = z
  .object({
    deviceId: shownId('dev', 'The device that is being linked.'),
    method: z.enum(['qr', 'code']).meta({ description: 'How the phone is asked.', examples: ['qr'] }),
    state: stateField.meta({ description: 'Where the device stands.', examples: ['linking'] }),
    stateReason: z.string().meta({ description: 'Why it is in this state.', examples: ['link_requested'] }),
    qr: z.string().nullable().meta({ description: 'Text of the QR code to show now; it changes every few seconds.' }),
    code: z
      .string()
      .nullable()
      .meta({ description: 'What the person types on the phone, with method `code`.', examples: ['ABCD-1234'] }),
    expiresAt: timeField.nullable().meta({ description: 'When this QR or code stops working.' }),
    deadline: timeField.meta({ description: 'When linking gives up.' }),
  })
  .meta({ id: 'LinkSession' });

export const progressSchema = z
  .object({
    deviceId: shownId('dev', 'The device that is being linked.'),
    step: z.enum(['preparing', 'waiting', 'scanned', 'linked', 'ended']).meta({
      description:
        '`preparing`: WhatsApp has not given a code yet; `waiting`: show the code; `scanned`: the phone agreed, the device connects; `linked`: done; `ended`: it was not linked, `stateReason` says why.',
      examples: ['waiting'],
    }),
    state: stateField,
    stateReason: z.string().meta({ description: 'Why it is in this state.', examples: ['link_requested'] }),
    qr: z.string().nullable().meta({ description: 'Text of the QR code to show now.' }),
    code: z
      .string()
      .nullable()
      .meta({ description: 'What the person types on the phone.', examples: ['ABCD-1234'] }),
    expiresAt: timeField.nullable().meta({ description: 'When this QR or code stops working.' }),
    deadline: timeField.nullable().meta({ description: 'When linking gives up.' }),
  })
  .meta({ id: 'LinkProgress' });

export type LinkProgress = z.output<typeof progressSchema>;
