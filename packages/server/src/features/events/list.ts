import { z } from 'zod';
import { devicesOf, type OperationContext } from '../../operations/context.ts';
import { defineOperation } from '../../operations/define.ts';
import { listQuery } from '../../operations/fields.ts';
import { cursorText, type LogCursor } from './cursor.ts';
import { type EventFilter, typesOf } from './filter.ts';
import { type LogPage, readLog, startOf } from './reader.ts';
import { eventSchema, toEvent } from './schemas.ts';
import { MAX_WAIT_SECONDS, waitForEvents } from './wait.ts';

/** What readers of the log may ask for. */
export const filterQuery = {
  after: z
    .string()
    .max(100)
    .optional()
    .meta({ description: '`nextCursor` of the last read; `0` is the oldest event kept.', examples: ['0'] }),
  types: z
    .string()
    .max(2_000)
    .optional()
    .meta({
      description: 'Only these types, separated by commas; `message.*` is all that begin so.',
      examples: ['message.received'],
    }),
  deviceId: z.string().max(64).optional().meta({ description: 'Only events of this device.' }),
};

interface Asked {
  after?: string | undefined;
  types?: string | undefined;
  deviceId?: string | undefined;
  limit: number;
}

/** The filter of a read, held to what its caller may see. Throws VALIDATION_ERROR. */
export function filterOf(ctx: OperationContext, asked: Pick<Asked, 'types' | 'deviceId'>): EventFilter {
  return { types: typesOf(asked.types), deviceId: asked.deviceId ?? null, devices: devicesOf(ctx.actor) };
}

async function read(ctx: OperationContext, asked: Asked, from?: LogCursor): Promise<LogPage> {
  const workspaceId = ctx.workspace.id;
  const filter = filterOf(ctx, asked);
  const after = from ?? (await startOf(ctx.tx, { workspaceId, after: asked.after }));
  return readLog(ctx.tx, { workspaceId, after, filter, limit: asked.limit });
}

export const listEvents = defineOperation({
  id: 'events.list',
  tag: 'Events',
  summary: 'Read the event log',
  description:
    'Every state change of the workspace, oldest first. Keep `nextCursor` and give it as `after` to go on: no event is ever skipped, even while others are being written. With `wait` a read that would find nothing waits for the next event. With filters a page can be empty although `hasMore` is true: go on.',
  http: { method: 'GET', path: '/v1/events', status: 200 },
  scope: 'events:read',
  roles: ['owner', 'admin', 'agent', 'viewer'],
  perDevice: true,
  query: z.strictObject({
    ...filterQuery,
    limit: listQuery.limit,
    wait: z.coerce
      .number()
      .int()
      .min(0)
      .max(MAX_WAIT_SECONDS)
      .default(0)
      .meta({ description: 'Seconds to wait where there is nothing to read yet.' }),
  }),
  output: z
    .object({
      data: z.array(eventSchema).meta({ description: 'Oldest first.' }),
      hasMore: z.boolean().meta({ description: 'Whether more can be read at once.' }),
      nextCursor: z.string().meta({ description: 'Give it as `after` to go on, also when nothing came.' }),
    })
    .meta({ id: 'EventList' }),
  errors: ['CURSOR_EXPIRED'],
  mutates: false,
  // Outside its turn and any connection: a reader who waits is in nobody's way.
  asks: ({ wait }) => wait > 0,
  async wire(ctx, input) {
    const page = await read(ctx, input);
    if (page.rows.length > 0 || page.hasMore) return page;
    await waitForEvents(ctx, { filter: filterOf(ctx, input), after: page.next, seconds: input.wait });
    return read(ctx, input, page.next);
  },
  async run(ctx, input, answer?: LogPage) {
    const { rows, next, hasMore } = answer ?? (await read(ctx, input));
    const workspaceId = ctx.workspace.id;
    return { data: rows.map((row) => toEvent(workspaceId, row)), hasMore, nextCursor: cursorText(workspaceId, next) };
  },
});
