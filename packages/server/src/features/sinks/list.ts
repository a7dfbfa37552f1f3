import { z } from 'zod';
import { defineOperation } from '../../operations/define.ts';
import { timeField } from '../../operations/fields.ts';
import { MOST_BEHIND, SINK_STATES, type SinkStanding, sinkStandings } from './standing.ts';
import { SINK_NAMES } from './store.ts';

const sinkSchema = z
  .object({
    name: z.enum(SINK_NAMES).meta({ description: 'Which broker: NATS JetStream or AMQP 0-9-1.', examples: ['nats'] }),
    state: z.enum(SINK_STATES).meta({
      description:
        '`running`; `failing`, the broker takes nothing and is tried again; `stopped`, no running node is set up for it.',
      examples: ['running'],
    }),
    behind: z
      .number()
      .int()
      .meta({ description: `Events not published yet; ${MOST_BEHIND} is so many or more.`, examples: [0] }),
    behindSeconds: z
      .number()
      .int()
      .meta({ description: 'Age of the oldest of them, in seconds.', examples: [0] }),
    published: z
      .number()
      .int()
      .meta({ description: 'Events the broker has confirmed since the sink was first configured.', examples: [1200] }),
    publishedAt: timeField.nullable().meta({ description: 'When it last confirmed some.' }),
    failingSince: timeField.nullable().meta({ description: 'The first failure since then; null where it takes them.' }),
    lastError: z
      .string()
      .nullable()
      .meta({
        description: 'Why it fails. Never holds a password.',
        examples: ['connect ECONNREFUSED 127.0.0.1:4222'],
      }),
    node: z
      .string()
      .nullable()
      .meta({ description: 'The node that publishes; null where none does.', examples: ['node_2x8f0c'] }),
  })
  .meta({ id: 'Sink' });

function toSink({ row, state, behind, behindSeconds }: SinkStanding): z.output<typeof sinkSchema> {
  return {
    name: row.name,
    state,
    behind,
    behindSeconds,
    published: Number(row.published),
    publishedAt: row.published_at?.toISOString() ?? null,
    failingSince: row.failing_since?.toISOString() ?? null,
    lastError: row.last_error,
    node: row.held ? row.holder : null,
  };
}

export const listSinks = defineOperation({
  id: 'sinks.list',
  tag: 'Operator',
  summary: 'List sinks',
  description:
    'The brokers that the events of all workspaces go to (`WAPING_SINK_NATS_URL`, `WAPING_SINK_AMQP_URL`), how they stand, and how far behind the log they are.',
  http: { method: 'GET', path: '/v1/operator/sinks', status: 200 },
  audience: 'operator',
  scope: 'operator:read',
  roles: [],
  output: z
    .object({ data: z.array(sinkSchema).meta({ description: 'Those that were ever configured.' }) })
    .meta({ id: 'SinkList' }),
  errors: [],
  mutates: false,
  async run(ctx) {
    return { data: (await sinkStandings(ctx.tx, ctx.now)).map(toSink) };
  },
});
