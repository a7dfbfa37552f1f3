import { z } from 'zod';
import { ACTOR_KINDS, OUTCOMES } from '../../operations/audit/entry.ts';
import { shownId, shownIdOrNull, timeField } from '../../operations/fields.ts';
import { WapingError } from '../../platform/errors.ts';
import { firstIdAt } from '../../platform/ids.ts';
import type { AuditFilter, AuditRow } from './store.ts';

const kindField = z.enum(ACTOR_KINDS).meta({
  description:
    '`api_key`; `person`; `operator`, who runs the installation, over HTTP; `cli`, the operator on the command line; `system`, WAPing itself; `anonymous`, who proved nothing, such as a failed sign-in.',
  examples: ['person'],
});

const sideField = (when: string) =>
  z
    .record(z.string(), z.unknown())
    .nullable()
    .meta({ description: `What mattered ${when}; null where nothing is shown. Secrets are \`[redacted]\`.` });

export const auditEntrySchema = z
  .object({
    id: shownId('aud', 'Id of the entry.'),
    createdAt: timeField,
    actor: z
      .object({
        kind: kindField,
        id: z
          .string()
          .nullable()
          .meta({
            description: 'The key, the person; null for `anonymous`.',
            examples: ['usr_01jd8k3v5q7w9x2y4z6a8b0c1d'],
          }),
      })
      .meta({ description: 'Who did it.' }),
    action: z
      .string()
      .meta({ description: 'The operation, by its id in this reference.', examples: ['members.changeRole'] }),
    outcome: z
      .enum(OUTCOMES)
      .meta({ description: '`refused` is a failed attempt to prove who one is.', examples: ['done'] }),
    target: z
      .object({
        kind: z.string().meta({ description: 'What it is.', examples: ['person'] }),
        id: z.string().meta({ description: 'Which one.', examples: ['usr_01jd8k3v5q7w9x2y4z6a8b0c1d'] }),
      })
      .nullable()
      .meta({ description: 'What it was done to.' }),
    before: sideField('before'),
    after: sideField('after'),
    address: z
      .string()
      .nullable()
      .meta({ description: 'Network address it came from; null on the command line.', examples: ['192.0.2.7'] }),
    requestId: shownIdOrNull('req', 'The request, as in `X-Request-Id` and in the server’s log.'),
  })
  .meta({ id: 'AuditEntry' });

export type AuditEntryResource = z.output<typeof auditEntrySchema>;

const id = (description: string, example: string) =>
  z
    .string()
    .min(1)
    .max(64)
    .optional()
    .meta({ description, examples: [example] });

const time = (description: string) =>
  z.iso
    .datetime({ offset: true })
    .optional()
    .meta({ description, examples: ['2026-11-01T00:00:00Z'] });

/** What narrows the log, the same for the list and the export. */
export const filterFields = {
  actorKind: kindField.optional().meta({ description: 'Only what this kind of actor did.' }),
  actorId: id('Only what this key or person did.', 'usr_01jd8k3v5q7w9x2y4z6a8b0c1d'),
  action: id('Only this operation.', 'members.changeRole'),
  targetId: id('Only what was done to this.', 'dev_01jd8k3v5q7w9x2y4z6a8b0c1d'),
  from: time('Only entries of this time or later.'),
  to: time('Only entries before this time: the `from` of the next period.'),
};

/** A filter as a caller gives it. */
export type AuditQuery = { [name in keyof typeof filterFields]?: z.output<(typeof filterFields)[name]> };

/** The filter for the store. VALIDATION_ERROR when the period is empty. */
export function toFilter(workspaceId: string, query: AuditQuery): AuditFilter {
  const { from, to } = query;
  if (from !== undefined && to !== undefined && Date.parse(from) >= Date.parse(to)) {
    throw new WapingError('VALIDATION_ERROR', 'from: must lie before to', { param: 'from' });
  }
  return {
    workspaceId,
    actorKind: query.actorKind ?? null,
    actorId: query.actorId ?? null,
    action: query.action ?? null,
    targetId: query.targetId ?? null,
    fromId: from === undefined ? null : firstIdAt('aud', new Date(from)),
    beforeId: to === undefined ? null : firstIdAt('aud', new Date(to)),
  };
}

function asSide(value: unknown): Record<string, unknown> | null {
  return value !== null && typeof value === 'object' ? { ...value } : null;
}

export function toAuditEntry(row: AuditRow): AuditEntryResource {
  const { target_kind: kind, target_id: targetId } = row;
  return {
    id: row.id,
    createdAt: row.created_at.toISOString(),
    actor: { kind: kindField.parse(row.actor_kind), id: row.actor_id },
    action: row.action,
    outcome: z.enum(OUTCOMES).parse(row.outcome),
    target: kind !== null && targetId !== null ? { kind, id: targetId } : null,
    before: asSide(row.before),
    after: asSide(row.after),
    address: row.address,
    requestId: row.request_id,
  };
}
