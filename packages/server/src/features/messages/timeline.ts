import { z } from 'zod';
import { defineOperation } from '../../operations/define.ts';
import { pathId, shownId, timeField } from '../../operations/fields.ts';
import { WapingError } from '../../platform/errors.ts';
import { listEventsOfSubject } from '../events/index.ts';
import { findMessage } from './store.ts';

const entrySchema = z
  .object({
    at: timeField.meta({ description: 'When it was recorded.' }),
    status: z.string().meta({ description: 'What the message became.', examples: ['delivered'] }),
    eventId: shownId('evt', 'The event in the log.'),
    occurredAt: timeField.meta({ description: "When it happened, by WhatsApp's clock where it told us." }),
    reason: z.string().nullable().meta({ description: 'Why it waits or failed.' }),
  })
  .meta({ id: 'TimelineEntry' });

const stepData = z.object({
  at: z.string().optional(),
  message: z.object({
    statusAt: z.string(),
    heldReason: z.string().nullish(),
    error: z.object({ message: z.string() }).nullish(),
  }),
});

export const getTimeline = defineOperation({
  id: 'messages.timeline',
  tag: 'Messages',
  summary: 'Why is my message where it is?',
  description:
    'Every status the message went through, and who changed it since (`edited`, `revoked`, `reaction`, `vote`), oldest first; where it is more than 200 steps, the newest of them.',
  http: { method: 'GET', path: '/v1/messages/{messageId}/timeline', status: 200 },
  scope: 'messages:read',
  roles: ['owner', 'admin', 'agent', 'viewer'],
  perDevice: true,
  params: z.strictObject({ messageId: pathId('msg', 'The message.') }),
  output: z.object({ data: z.array(entrySchema).meta({ description: 'Oldest first.' }) }).meta({ id: 'Timeline' }),
  errors: ['NOT_FOUND'],
  mutates: false,
  async run(ctx, input) {
    if (!(await findMessage(ctx.tx, ctx.workspace.id, input.messageId))) {
      throw new WapingError('NOT_FOUND', 'no such message', { param: 'messageId' });
    }
    const rows = await listEventsOfSubject(ctx.tx, ctx.workspace.id, input.messageId);
    return {
      data: rows.flatMap((row) => {
        // The event of one who reacted and was erased since says nothing any more.
        const step = stepData.safeParse(row.data).data;
        if (!step) return [];
        const { message, at } = step;
        return {
          at: row.created_at.toISOString(),
          status: row.type.slice(row.type.indexOf('.') + 1),
          eventId: row.id,
          occurredAt: at ?? message.statusAt,
          reason: at === undefined ? (message.error?.message ?? message.heldReason ?? null) : null,
        };
      }),
    };
  },
});
