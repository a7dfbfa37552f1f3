import { z } from 'zod';
import { defineOperation } from '../../operations/define.ts';
import { isoOrNull, shownId, timeField } from '../../operations/fields.ts';
import { WapingError } from '../../platform/errors.ts';
import { recordEvents } from '../events/index.ts';
import { nameField } from './schemas.ts';
import { findSettings, lockSettings, type SettingsRow, writeSettings } from './settings-store.ts';

const days = (what: string, example: number) =>
  z
    .number()
    .int()
    .min(1)
    .max(3650)
    .nullable()
    .meta({ description: `Days ${what} are kept, from 1 to 3650; null keeps them for ever.`, examples: [example] });

const retentionShape = {
  messagesDays: days('messages', 365),
  eventsDays: days('events', 90),
  auditDays: days('entries of the audit log', 730),
};

export const settingsSchema = z
  .object({
    id: shownId('ws', 'Id of the workspace.'),
    name: z.string().meta({ description: 'What people call it.', examples: ['Example Ltd'] }),
    plan: z.string().meta({ description: 'Its plan.', examples: ['starter'] }),
    retention: z.object(retentionShape).meta({ description: 'How long it keeps what.' }),
    erasingAt: timeField.nullable().meta({ description: 'Since when it is being erased.' }),
    createdAt: timeField,
  })
  .meta({ id: 'WorkspaceSettings' });

function toSettings(row: SettingsRow): z.output<typeof settingsSchema> {
  return {
    id: row.id,
    name: row.name,
    plan: row.plan,
    retention: {
      messagesDays: row.retention_messages_days,
      eventsDays: row.retention_events_days,
      auditDays: row.retention_audit_days,
    },
    erasingAt: isoOrNull(row.erasing_at),
    createdAt: row.created_at.toISOString(),
  };
}

const gone = () => new WapingError('NOT_FOUND', 'the workspace is gone');

export const getSettings = defineOperation({
  id: 'workspace.get',
  tag: 'Workspace',
  summary: 'Get your workspace',
  http: { method: 'GET', path: '/v1/workspace', status: 200 },
  scope: 'workspace:read',
  roles: ['owner', 'admin', 'agent', 'viewer'],
  whileSuspended: true,
  output: settingsSchema,
  errors: ['NOT_FOUND'],
  mutates: false,
  async run(ctx) {
    const row = await findSettings(ctx.tx, ctx.workspace.id);
    if (!row) throw gone();
    return toSettings(row);
  },
});

const orElse = <T>(wanted: T | undefined, present: T): T => (wanted === undefined ? present : wanted);

export const updateSettings = defineOperation({
  id: 'workspace.update',
  tag: 'Workspace',
  summary: 'Change your workspace',
  description:
    'Its name, and how long it keeps messages, events and the audit log. What is past its time goes within six hours, in small batches; a message that still waits to be sent goes after it has ended.',
  http: { method: 'PATCH', path: '/v1/workspace', status: 200 },
  scope: 'workspace:write',
  roles: ['owner', 'admin'],
  body: z
    .strictObject({
      name: nameField.optional(),
      retention: z
        .strictObject({
          messagesDays: retentionShape.messagesDays.optional(),
          eventsDays: retentionShape.eventsDays.optional(),
          auditDays: retentionShape.auditDays.optional(),
        })
        .optional()
        .meta({ description: 'How long it keeps what; what is left out stays as it is.' }),
    })
    .meta({ id: 'UpdateWorkspaceSettings' }),
  output: settingsSchema,
  errors: ['NOT_FOUND'],
  mutates: true,
  async run(ctx, input) {
    const before = await lockSettings(ctx.tx, ctx.workspace.id);
    if (!before) throw gone();
    const { retention } = input;
    const after: SettingsRow = {
      ...before,
      name: input.name ?? before.name,
      retention_messages_days: orElse(retention?.messagesDays, before.retention_messages_days),
      retention_events_days: orElse(retention?.eventsDays, before.retention_events_days),
      retention_audit_days: orElse(retention?.auditDays, before.retention_audit_days),
    };
    await writeSettings(ctx.tx, after);
    const workspace = toSettings(after);
    await recordEvents(ctx.tx, [
      { workspaceId: after.id, deviceId: null, subjectId: after.id, type: 'workspace.updated', data: { workspace } },
    ]);
    ctx.afterCommit(() => ctx.wake.events());
    return workspace;
  },
});
