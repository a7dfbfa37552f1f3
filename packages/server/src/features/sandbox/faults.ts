import { z } from 'zod';
import { defineOperation } from '../../operations/define.ts';
import { timeField } from '../../operations/fields.ts';
import { requirePhone, requireSandbox } from './require.ts';
import { phoneParams } from './schemas.ts';

const MAX_ACK_DELAY_MS = 600_000;
const MAX_LOCK_SECONDS = 30 * 24 * 3600;

const code = z.number().int().min(400).max(599);
const deaf = z.enum(['answering', 'silent']).nullable();

const shown = {
  deaf: deaf.meta({
    description:
      'Nothing comes to the devices linked to this phone, though their connections stand: `answering` still answers their pings, `silent` does not. From their next connection on; see `POST …/disrupt` for the one that stands.',
    examples: ['answering'],
  }),
  ackDrop: z.boolean().meta({ description: 'WhatsApp never confirms what they send.' }),
  ackDelayMs: z
    .number()
    .int()
    .min(0)
    .max(MAX_ACK_DELAY_MS)
    .meta({ description: 'It confirms so much later.', examples: [0] }),
  ackDuplicate: z.boolean().meta({ description: 'It confirms twice.' }),
  ackReorder: z.boolean().meta({ description: 'It confirms in the wrong order.' }),
  nack: code.nullable().meta({ description: 'It refuses every message of theirs with this code.', examples: [479] }),
  duplicate: z.boolean().meta({ description: 'Everything comes to them twice.' }),
  reorder: z.boolean().meta({ description: 'Everything comes to them in the wrong order.' }),
  passkey: z.boolean().meta({ description: 'The phone links new devices only with a passkey.' }),
  rejectLogin: code.nullable().meta({ description: 'Their log-ins are refused with this code.', examples: [403] }),
};

const faultsSchema = z
  .object({
    ...shown,
    reachOutLockUntil: timeField
      .nullable()
      .meta({ description: 'Until when the account may write only to people who wrote to it.' }),
  })
  .meta({ id: 'SandboxFaults' });

const setBody = z
  .strictObject({
    ...z.object(shown).partial().shape,
    reachOutLockSeconds: z
      .number()
      .int()
      .min(1)
      .max(MAX_LOCK_SECONDS)
      .nullable()
      .optional()
      .meta({ description: 'For so long the account may write only to people who wrote to it.', examples: [60] }),
  })
  .meta({ id: 'SetSandboxFaults', examples: [{ deaf: 'answering' }, { nack: 479 }] });

const controlAnswer = z.object({ ...shown, reachOutLockUntil: z.number().nullable() });

function toFaults(reply: unknown): z.output<typeof faultsSchema> {
  const { reachOutLockUntil, ...rest } = controlAnswer.parse(reply);
  return { ...rest, reachOutLockUntil: reachOutLockUntil === null ? null : new Date(reachOutLockUntil).toISOString() };
}

const errors = ['NOT_FOUND', 'CONFLICT', 'SERVICE_UNAVAILABLE'] as const;

export const getFaults = defineOperation({
  id: 'sandbox.getFaults',
  tag: 'Sandbox',
  summary: 'See how the network treats a simulated phone’s devices',
  http: { method: 'GET', path: '/v1/sandbox/phones/{phone}/faults', status: 200 },
  scope: 'sandbox:read',
  roles: ['owner', 'admin', 'agent', 'viewer'],
  params: phoneParams,
  output: faultsSchema,
  errors,
  mutates: false,
  async run(ctx, input) {
    await requirePhone(ctx, input.phone);
    return toFaults(await requireSandbox(ctx).call('phones.faults.get', { number: input.phone }));
  },
});

export const setFaults = defineOperation({
  id: 'sandbox.setFaults',
  tag: 'Sandbox',
  summary: 'Have the network misbehave towards a simulated phone’s devices',
  description:
    'To see how your program takes it: what is left out is off, so `{}` ends all of it. Faults end with the sandbox’s process too.',
  http: { method: 'PUT', path: '/v1/sandbox/phones/{phone}/faults', status: 200 },
  scope: 'sandbox:write',
  roles: ['owner', 'admin', 'agent'],
  params: phoneParams,
  body: setBody,
  output: faultsSchema,
  errors,
  mutates: false,
  async run(ctx, input) {
    await requirePhone(ctx, input.phone);
    const { phone, reachOutLockSeconds, ...faults } = input;
    const until = reachOutLockSeconds ? { reachOutLockUntil: ctx.now.getTime() + reachOutLockSeconds * 1000 } : {};
    return toFaults(await requireSandbox(ctx).call('phones.faults.set', { number: phone, ...faults, ...until }));
  },
});

const disruptBody = z
  .strictObject({
    kind: z.enum(['drop', 'freeze', 'deafen', 'corrupt', 'stream_error', 'replace', 'unlink']).meta({
      description:
        '`drop` cuts the connection, `freeze` leaves it standing and dead, `deafen` has nothing come over it but answers (with `silent` not even those), `corrupt` sends a frame that cannot be read, `stream_error` ends it with `code`, `replace` as if another program had logged in, `unlink` is the person taking the devices off the phone.',
      examples: ['drop'],
    }),
    code: code.optional().meta({ description: 'With `stream_error`; 503 without.' }),
    silent: z.boolean().optional().meta({ description: 'With `deafen`: pings get no answer either.' }),
  })
  .meta({ id: 'DisruptSandboxPhone' });

/** The control plane's operation for a disruption, and what it takes. */
function controlOf(input: z.output<typeof disruptBody>): [operation: string, body: Record<string, unknown>] {
  switch (input.kind) {
    case 'drop':
      return ['connections.kick', {}];
    case 'freeze':
      return ['connections.freeze', {}];
    case 'deafen':
      return ['connections.deafen', { how: input.silent ? 'silent' : 'answering' }];
    case 'corrupt':
      return ['connections.corrupt', {}];
    case 'stream_error':
      return ['connections.streamError', { code: String(input.code ?? 503) }];
    case 'replace':
      return ['connections.streamError', { reason: 'conflict', type: 'replaced' }];
    case 'unlink':
      return ['phones.unlinkAll', {}];
  }
}

const disrupted = z.object({ connections: z.number().int() });

export const disruptPhone = defineOperation({
  id: 'sandbox.disrupt',
  tag: 'Sandbox',
  summary: 'Disrupt the connections of a simulated phone’s devices now',
  http: { method: 'POST', path: '/v1/sandbox/phones/{phone}/disrupt', status: 200 },
  scope: 'sandbox:write',
  roles: ['owner', 'admin', 'agent'],
  params: phoneParams,
  body: disruptBody,
  output: z
    .object({
      connections: z
        .number()
        .int()
        .meta({ description: 'How many were hit.', examples: [1] }),
    })
    .meta({ id: 'SandboxDisruption' }),
  errors,
  mutates: false,
  async run(ctx, input) {
    await requirePhone(ctx, input.phone);
    const { phone, ...how } = input;
    const [operation, body] = controlOf(how);
    return disrupted.parse(await requireSandbox(ctx).call(operation, { number: phone, ...body }));
  },
});
