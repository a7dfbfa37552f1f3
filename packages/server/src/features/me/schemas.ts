import { z } from 'zod';
import { shownId, timeField } from '../../operations/fields.ts';

const keySchema = z.object({
  kind: z.literal('api_key').meta({ description: 'A program with an API key.' }),
  id: shownId('key', 'The key.'),
  name: z
    .string()
    .nullable()
    .meta({ description: 'What it is for.', examples: ['Shop backend'] }),
  scopes: z.array(z.string()).meta({ description: 'What it may do.', examples: [['messages:send']] }),
  deviceIds: z.array(z.string()).nullable().meta({ description: 'The only devices it may use; null: all.' }),
  allowedIps: z.array(z.string()).nullable().meta({ description: 'Where it may be used from; null: anywhere.' }),
  expiresAt: timeField.nullable().meta({ description: 'When it stops working; null: never.' }),
});

const personSchema = z.object({
  kind: z.literal('person').meta({ description: 'A person who is signed in.' }),
  id: shownId('usr', 'The person.'),
  name: z
    .string()
    .nullable()
    .meta({ description: 'Name the team sees.', examples: ['Ada Lovelace'] }),
  email: z
    .string()
    .nullable()
    .meta({ description: 'Email address.', examples: ['ada@example.com'] }),
  role: z.enum(['owner', 'admin', 'agent', 'viewer']).meta({ description: 'Role here.', examples: ['agent'] }),
});

export const meSchema = z
  .object({
    workspace: z
      .object({
        id: shownId('ws', 'The workspace the caller works in.'),
        name: z.string().meta({ description: 'Its name.', examples: ['Default'] }),
      })
      .meta({ description: 'Where the caller works.' }),
    plan: z
      .object({
        name: z.string().meta({ description: 'The plan.', examples: ['starter'] }),
        devices: z
          .number()
          .int()
          .meta({ description: 'Devices of network `whatsapp` at the most.', examples: [1] }),
        outboundPerMonth: z
          .number()
          .int()
          .meta({ description: 'Messages a month at the most.', examples: [3_000] }),
        apiAccess: z.boolean().meta({ description: 'Whether API keys work.', examples: [true] }),
      })
      .meta({ description: 'The plan, with what the operator changed for this workspace.' }),
    actor: z.union([keySchema, personSchema]).meta({ description: 'Who calls; `kind` says which of the two.' }),
    operations: z
      .array(
        z.object({
          id: z.string().meta({ description: 'An operation, by its `operationId`.', examples: ['messages.send'] }),
          allowed: z.boolean().meta({ description: 'Whether the caller may call it now.', examples: [true] }),
          refusedBy: z
            .string()
            .nullable()
            .meta({ description: '`plan`, `scope`, `role` or `deviceList`; null when allowed.', examples: ['scope'] }),
          reason: z
            .string()
            .nullable()
            .meta({ description: 'What is missing; null when allowed.', examples: ['needs messages:send'] }),
        }),
      )
      .meta({ description: 'Every operation of a workspace.' }),
  })
  .meta({ id: 'Me' });

export type Me = z.output<typeof meSchema>;
