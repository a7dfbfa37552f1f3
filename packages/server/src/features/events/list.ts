import { z } from 'zod';
import { defineOperation } from '../../operations/define.ts';
import { listQuery } from '../../operations/fields.ts';
import { WapingError } from '../../platform/errors.ts';
import { eventSchema, toEvent } from './schemas.ts';
import { type EventRow, listEventsAfter } from './store.ts';

function openCursor(cursor: string | undefined): { afterTx: string; afterSequence: string } {
  if (cursor === undefined) return { afterTx: '0', afterSequence: '0' };
  const match = /^(\d{1,19})\.(\d{1,18})$/.exec(Buffer.from(cursor, 'base64url').toString());
  if (match?.[1] && match[2]) return { afterTx: match[1], afterSequence: match[2] };
  throw new WapingError('VALIDATION_ERROR', 'after: not a cursor of the event log', { param: 'after' });
}

const cursorOf = (row: EventRow) => Buffer.from(`${row.tx}.${row.sequence}`).toString('base64url');

export const listEvents = defineOperation({
  id: 'events.list',
  tag: 'Events',
  summary: 'Read the event log',
  description:
    'Every state change of the workspace, oldest first. Keep `nextCursor` and give it as `after` to go on: no event is ever skipped, even while others are being written.',
  http: { method: 'GET', path: '/v1/events', status: 200 },
  scope: 'events:read',
  roles: ['owner', 'admin', 'agent', 'viewer'],
  perDevice: true,
  query: z.strictObject({
    after: z.string().max(100).optional().meta({ description: '`nextCursor` of the last read.' }),
    types: z
      .string()
      .max(500)
      .optional()
      .meta({ description: 'Only these types, separated by commas.', examples: ['message.received'] }),
    deviceId: z.string().max(64).optional().meta({ description: 'Only events of this device.' }),
    limit: listQuery.limit,
  }),
  output: z
    .object({
      data: z.array(eventSchema).meta({ description: 'Oldest first.' }),
      hasMore: z.boolean().meta({ description: 'Whether more can be read at once.' }),
      nextCursor: z.string().nullable().meta({ description: 'Give it as `after` to go on, also when nothing came.' }),
    })
    .meta({ id: 'EventList' }),
  errors: [],
  mutates: false,
  async run(ctx, input) {
    const rows = await listEventsAfter(ctx.tx, {
      workspaceId: ctx.workspace.id,
      ...openCursor(input.after),
      types: input.types ? input.types.split(',') : null,
      deviceId: input.deviceId ?? null,
      limit: input.limit + 1,
    });
    const data = rows.slice(0, input.limit);
    const last = data.at(-1);
    return {
      data: data.map((row) => toEvent(ctx.workspace.id, row)),
      hasMore: rows.length > input.limit,
      // The cursor stays usable when nothing came: the reader goes on from where it stood.
      nextCursor: last ? cursorOf(last) : (input.after ?? null),
    };
  },
});
