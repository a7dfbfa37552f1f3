import { z } from 'zod';
import { shownIdOrNull, timeField } from '../../operations/fields.ts';

const count = (description: string, example: number) =>
  z
    .number()
    .int()
    .meta({ description, examples: [example] });

export const outboundUseSchema = z
  .object({
    sent: count('Messages counted this month. Sandbox devices send free.', 420),
    limit: count('Messages a month.', 500),
    remaining: count('What is left; never below 0.', 80),
  })
  .meta({ id: 'OutboundUse', description: 'The monthly quota.' });

export const deviceUseSchema = z
  .object({
    used: count('Devices of network `whatsapp`. Sandbox devices are free.', 1),
    limit: count('Devices the plan allows.', 1),
    remaining: count('What is left; never below 0.', 0),
  })
  .meta({ id: 'DeviceUse', description: 'Devices against the plan.' });

const overLimitSchema = z
  .object({
    resource: z
      .enum(['devices', 'outbound'])
      .meta({ description: 'What there is too much of.', examples: ['devices'] }),
    excess: count('How many above the limit.', 2),
    hint: z.string().meta({ description: 'What to do.', examples: ['Delete 2 devices, or move to a larger plan.'] }),
  })
  .meta({ id: 'OverLimit' });

const countSchema = z
  .object({
    day: z
      .string()
      .nullable()
      .meta({ description: 'Day in UTC; null when not grouped by it.', examples: ['2026-11-22'] }),
    deviceId: shownIdOrNull('dev', 'The device; null when not grouped by it.'),
    network: z
      .string()
      .nullable()
      .meta({ description: 'Its network; null when not grouped by device.', examples: ['whatsapp'] }),
    direction: z.string().meta({ description: '`outbound` is sent over the API.', examples: ['outbound'] }),
    kind: z
      .string()
      .nullable()
      .meta({ description: 'Type of message; null when not grouped by it.', examples: ['text'] }),
    count: count('How many.', 12),
  })
  .meta({ id: 'UsageCount' });

export const usageSchema = z
  .object({
    plan: z.string().meta({ description: 'Your plan.', examples: ['starter'] }),
    month: z.string().meta({ description: 'The current month in UTC.', examples: ['2026-11'] }),
    resetsAt: timeField.meta({ description: 'When the next month begins.' }),
    outbound: outboundUseSchema,
    devices: deviceUseSchema,
    overLimit: z
      .array(overLimitSchema)
      .meta({ description: 'What stands above the plan, after a downgrade. Nothing is deleted; new use stops.' }),
    from: z.string().meta({ description: 'First day of `data`.', examples: ['2026-11-01'] }),
    to: z.string().meta({ description: 'Last day of `data`.', examples: ['2026-11-22'] }),
    data: z.array(countSchema).meta({ description: 'Messages accepted and received, counted.' }),
  })
  .meta({ id: 'Usage' });
