import { z } from 'zod';
import { defineOperation } from '../../operations/define.ts';
import { isoOrNull, shownId, timeField } from '../../operations/fields.ts';
import { WapingError } from '../../platform/errors.ts';
import { type ConsentWords, consentWordsOf } from '../contacts/index.ts';
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

const wordList = (what: string, example: string) =>
  z
    .array(z.string().trim().min(1).max(64))
    .min(1)
    .max(100)
    .nullable()
    .meta({
      description: `Messages that ${what}, compared as a whole without case, accents and punctuation; null is the list that comes with WAPing, in 30 languages and more.`,
      examples: [[example]],
    });

const consentShape = {
  keywords: z.boolean().meta({
    description: 'Whether contacts opt out and in by such words in their own chat. Nothing is answered to them.',
    examples: [true],
  }),
  optOutWords: wordList('opt out', 'stop'),
  optInWords: wordList('opt in again', 'start'),
};

export const settingsSchema = z
  .object({
    id: shownId('ws', 'Id of the workspace.'),
    name: z.string().meta({ description: 'What people call it.', examples: ['Example Ltd'] }),
    plan: z.string().meta({ description: 'Its plan.', examples: ['starter'] }),
    retention: z.object(retentionShape).meta({ description: 'How long it keeps what.' }),
    consent: z.object(consentShape).meta({ description: 'How contacts opt out by themselves.' }),
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
    consent: consentWordsOf(row.consent_words),
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

type WordsChange = { [K in keyof ConsentWords]?: ConsentWords[K] | undefined };

const changedWords = (present: ConsentWords, change: WordsChange): ConsentWords => ({
  keywords: orElse(change.keywords, present.keywords),
  optOutWords: orElse(change.optOutWords, present.optOutWords),
  optInWords: orElse(change.optInWords, present.optInWords),
});

const orElse = <T>(wanted: T | undefined, present: T): T => (wanted === undefined ? present : wanted);

export const updateSettings = defineOperation({
  id: 'workspace.update',
  tag: 'Workspace',
  summary: 'Change your workspace',
  description:
    'Its name, how long it keeps messages, events and the audit log, and the words with which contacts opt out. What is past its time goes within six hours, in small batches; a message that still waits to be sent goes after it has ended.',
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
      consent: z
        .strictObject({
          keywords: consentShape.keywords.optional(),
          optOutWords: consentShape.optOutWords.optional(),
          optInWords: consentShape.optInWords.optional(),
        })
        .optional()
        .meta({ description: 'How contacts opt out by themselves; what is left out stays as it is.' }),
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
      consent_words: input.consent
        ? changedWords(consentWordsOf(before.consent_words), input.consent)
        : before.consent_words,
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
