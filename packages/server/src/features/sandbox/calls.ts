import { z } from 'zod';
import { defineOperation } from '../../operations/define.ts';
import { phoneField, timeField } from '../../operations/fields.ts';
import { requirePhone, requireSandbox } from './require.ts';
import { phoneParams } from './schemas.ts';

const HOW = ['hang_up', 'timeout', 'answer', 'reject'] as const;

const howField = z.enum(HOW).meta({
  description:
    '`hang_up` and `timeout` are the caller’s; `answer` and `reject` what the called account’s own phone does.',
  examples: ['hang_up'],
});

const callSchema = z
  .object({
    id: z.string().meta({ description: 'WhatsApp’s id of the call.' }),
    from: z.string().meta({ description: 'Who calls, as WhatsApp addresses them.' }),
    to: z.string().meta({ description: 'Who is called.' }),
    video: z.boolean().meta({ description: 'Whether it is a video call.', examples: [false] }),
    end: z
      .enum(HOW)
      .nullable()
      .meta({ description: 'How it ended; null while it rings.', examples: ['reject'] }),
    at: timeField.meta({ description: 'Since when it rings.' }),
  })
  .meta({ id: 'SandboxCall' });

const base = {
  tag: 'Sandbox',
  params: phoneParams,
  errors: ['NOT_FOUND', 'CONFLICT', 'SERVICE_UNAVAILABLE'],
  mutates: false,
} as const;
const writer = { ...base, scope: 'sandbox:write', roles: ['owner', 'admin', 'agent'] } as const;

export const callFromPhone = defineOperation({
  ...writer,
  id: 'sandbox.call',
  summary: 'Let a simulated phone call someone',
  http: { method: 'POST', path: '/v1/sandbox/phones/{phone}/calls', status: 201 },
  body: z
    .strictObject({
      to: phoneField.meta({ description: 'Number it calls: the one your device is linked to.' }),
      video: z
        .boolean()
        .default(false)
        .meta({ description: 'A video call.', examples: [false] }),
    })
    .meta({ id: 'CallFromPhone', examples: [{ to: '+15551234567' }] }),
  output: callSchema,
  idempotent: true,
  async wire(ctx, input) {
    await requirePhone(ctx, input.phone);
    const body = { number: input.phone, to: input.to.slice(1), video: input.video };
    return callSchema.parse(await requireSandbox(ctx).call('phones.call', body));
  },
  run: async (_ctx, _input, call) => call,
});

export const listPhoneCalls = defineOperation({
  ...base,
  id: 'sandbox.listCalls',
  summary: 'See the calls of a simulated phone',
  http: { method: 'GET', path: '/v1/sandbox/phones/{phone}/calls', status: 200 },
  scope: 'sandbox:read',
  roles: ['owner', 'admin', 'agent', 'viewer'],
  output: z
    .object({ data: z.array(callSchema).meta({ description: 'Oldest first, the last 200.' }) })
    .meta({ id: 'SandboxCalls' }),
  async run(ctx, input) {
    await requirePhone(ctx, input.phone);
    const reply = await requireSandbox(ctx).call('phones.calls', { number: input.phone });
    return { data: z.object({ calls: z.array(callSchema) }).parse(reply).calls };
  },
});

export const endPhoneCall = defineOperation({
  ...writer,
  id: 'sandbox.endCall',
  summary: 'End a call between simulated phones',
  http: { method: 'POST', path: '/v1/sandbox/phones/{phone}/calls/{callId}/end', status: 200 },
  params: phoneParams.extend({
    callId: z.string().min(1).max(64).meta({ description: 'WhatsApp’s id of a call that rings.' }),
  }),
  body: z.strictObject({ how: howField }).meta({ id: 'EndPhoneCall' }),
  output: z.object({ how: howField }).meta({ id: 'PhoneCallEnded' }),
  async run(ctx, input) {
    await requirePhone(ctx, input.phone);
    const { phone: number, callId: id, how } = input;
    await requireSandbox(ctx).call('phones.endCall', { number, id, how });
    return { how };
  },
});
