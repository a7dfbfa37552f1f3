import { z } from 'zod';
import type { OperationContext } from '../../operations/context.ts';
import { defineOperation, RawReply } from '../../operations/define.ts';
import { EVENT_STREAM } from '../../platform/sse.ts';
import type { EventFilter } from './filter.ts';
import { type FollowOptions, followLog } from './follow.ts';
import { filterOf, filterQuery } from './list.ts';
import { startOf } from './reader.ts';
import { eventSchema } from './schemas.ts';
import { MAX_TOKEN_LENGTH, openStreamToken } from './stream-token.ts';

interface Asked {
  after?: string | undefined;
  types?: string | undefined;
  deviceId?: string | undefined;
  token?: string | undefined;
  'last-event-id'?: string | undefined;
}

/** The caller's own filter within that of its token: what both let through. */
async function narrowed(ctx: OperationContext, { token, ...asked }: Asked): Promise<EventFilter> {
  const own = filterOf(ctx, asked);
  if (token === undefined) return own;
  const { claims } = await openStreamToken(token, (_workspaceId, sealed, context) => ctx.secrets.open(sealed, context));
  const { types, deviceId, devices } = claims;
  const ofToken = types === null ? own.types : types.filter((type) => own.types === null || own.types.includes(type));
  const isOther = deviceId !== null && own.deviceId !== null && own.deviceId !== deviceId;
  return {
    types: isOther ? [] : ofToken,
    deviceId: deviceId ?? own.deviceId,
    devices: own.devices ?? devices,
  };
}

// A browser that lost the stream asks for the same address again: what it has seen since is in the header.
async function startAt(ctx: OperationContext, asked: Asked): Promise<FollowOptions['after']> {
  const last = asked['last-event-id'] || undefined;
  const workspaceId = ctx.workspace.id;
  if (last !== undefined) return startOf(ctx.tx, { workspaceId, after: last, param: 'Last-Event-ID' });
  return asked.after === undefined ? null : startOf(ctx.tx, { workspaceId, after: asked.after });
}

export const streamEvents = defineOperation({
  id: 'events.stream',
  tag: 'Events',
  summary: 'Follow the event log',
  description:
    'Server-sent events: each an event of the log as JSON, with its cursor as `id`. It begins behind `Last-Event-ID` (or `after`) with what is stored and goes on, without a seam, with what comes; without either it begins now. A browser’s `EventSource` takes it with the session cookie or a stream token, and resumes by itself. A reader that falls far behind gets an event named `slow` with a reason and the cursor to go on from, and the stream ends. It also ends within about a second of the key being revoked or changed to other devices, the session ending or the workspace being suspended.',
  http: { method: 'GET', path: '/v1/events/stream', status: 200 },
  scope: 'events:read',
  roles: ['owner', 'admin', 'agent', 'viewer'],
  perDevice: true,
  takesStreamToken: true,
  query: z.strictObject({
    ...filterQuery,
    follow: z
      .enum(['true', 'false'])
      .default('true')
      .meta({ description: '`false` ends the stream when all that is stored has been sent.' }),
    token: z
      .string()
      .max(MAX_TOKEN_LENGTH)
      .optional()
      .meta({ description: 'A stream token, instead of a key or a session. Its filters hold as well.' }),
  }),
  headers: z.strictObject({
    'last-event-id': z
      .string()
      .max(100)
      .optional()
      .meta({ description: 'The `id` of the last event you have; it wins over `after`.' }),
  }),
  output: eventSchema,
  produces: [EVENT_STREAM],
  rawOnly: true,
  errors: ['CURSOR_EXPIRED'],
  mutates: false,
  async run(ctx, input) {
    const { events: tail } = ctx.live;
    const filter = await narrowed(ctx, input);
    const after = await startAt(ctx, input);
    // The place is given back when the connection ends, whether or not anything of the stream was ever read.
    const leave = tail.streams.take(ctx.workspace.id);
    if (ctx.signal.aborted) leave();
    else ctx.signal.addEventListener('abort', leave, { once: true });
    const body = followLog({
      tail,
      db: ctx.tx,
      workspaceId: ctx.workspace.id,
      filter,
      after,
      isEndless: input.follow === 'true',
      signal: ctx.signal,
      mayGoOn: () => ctx.stillMay(),
    });
    // Whoever has the token may show what it opens on any page; a cookie is never sent along with such a request.
    const headers: Record<string, string> = input.token === undefined ? {} : { 'access-control-allow-origin': '*' };
    return new RawReply(EVENT_STREAM, body, headers);
  },
});
