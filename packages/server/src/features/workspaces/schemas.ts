import { z } from 'zod';
import type { PlanBook } from '../../operations/context.ts';
import { shownId, timeField } from '../../operations/fields.ts';
import { effectiveLimits, MAX_DEVICES, MAX_OUTBOUND } from '../plans/index.ts';
import { deviceUseSchema, outboundUseSchema } from '../usage/index.ts';
import type { WorkspaceRow } from './store.ts';

export const nameField = z
  .string()
  .trim()
  .min(1)
  .max(80)
  .meta({ description: 'What people call it.', examples: ['Example Ltd'] });

export const planField = z
  .string()
  .max(40)
  .meta({ description: 'A plan of this installation.', examples: ['starter'] });

const override = (what: string, max: number, example: number) =>
  z
    .number()
    .int()
    .min(0)
    .max(max)
    .nullable()
    .optional()
    .meta({ description: `${what} instead of what the plan says; null is the plan.`, examples: [example] });

export const overridesField = z
  .strictObject({
    devices: override('Devices', MAX_DEVICES, 10),
    outboundPerMonth: override('Messages a month', MAX_OUTBOUND, 50_000),
  })
  .optional()
  .meta({ description: 'Limits of this workspace alone.' });

const limitNumber = (description: string, example: number) =>
  z
    .number()
    .int()
    .meta({ description, examples: [example] });

export const workspaceSchema = z
  .object({
    id: shownId('ws', 'Id of the workspace.'),
    name: z.string().meta({ description: 'What people call it.', examples: ['Example Ltd'] }),
    plan: z.string().meta({ description: 'Its plan.', examples: ['starter'] }),
    suspended: z
      .boolean()
      .meta({ description: 'Whether it is shut: keys refused, devices closed.', examples: [false] }),
    suspendedAt: timeField.nullable().meta({ description: 'Since when.' }),
    overrides: z
      .object({
        devices: limitNumber('Devices.', 10).nullable().meta({ description: 'Devices; null is the plan.' }),
        outboundPerMonth: limitNumber('Messages.', 50_000)
          .nullable()
          .meta({ description: 'Messages a month; null is the plan.' }),
      })
      .meta({ description: 'Limits of this workspace alone.' }),
    limits: z
      .object({
        devices: limitNumber('Devices of network `whatsapp`.', 1),
        outboundPerMonth: limitNumber('Messages a month.', 3_000),
        apiAccess: z.boolean().meta({ description: 'Whether API keys work.', examples: [true] }),
      })
      .meta({ description: 'What holds: the plan with the overrides.' }),
    createdAt: timeField,
  })
  .meta({ id: 'Workspace' });

export const workspaceDetailSchema = workspaceSchema
  .extend({
    month: z.string().meta({ description: 'The current month in UTC.', examples: ['2026-11'] }),
    outbound: outboundUseSchema,
    devices: deviceUseSchema,
  })
  .meta({ id: 'WorkspaceDetail' });

export const newWorkspaceSchema = workspaceSchema
  .extend({
    apiKey: z.string().nullable().meta({
      description: 'Its first API key, shown this once; null where the plan has no API access, and on a replay.',
    }),
  })
  .meta({ id: 'NewWorkspace' });

/** What the audit log shows of a workspace. */
export function auditedWorkspace(row: WorkspaceRow): Record<string, unknown> {
  return {
    name: row.name,
    plan: row.plan,
    deviceLimit: row.device_limit,
    outboundLimit: row.outbound_limit,
    suspended: row.suspended_at !== null,
  };
}

export function toWorkspace(plans: PlanBook, row: WorkspaceRow): z.output<typeof workspaceSchema> {
  const { devices, outboundPerMonth, apiAccess } = effectiveLimits(plans, row);
  return {
    id: row.id,
    name: row.name,
    plan: row.plan,
    suspended: row.suspended_at !== null,
    suspendedAt: row.suspended_at?.toISOString() ?? null,
    overrides: { devices: row.device_limit, outboundPerMonth: row.outbound_limit },
    limits: { devices, outboundPerMonth, apiAccess },
    createdAt: row.created_at.toISOString(),
  };
}
