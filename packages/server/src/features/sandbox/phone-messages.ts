import { z } from 'zod';
import { defineOperation } from '../../operations/define.ts';
import { sendFromPhoneBody, toControl } from './content.ts';
import { requireGroup, requireMember, requirePhone, requireSandbox } from './require.ts';
import { phoneMessageSchema, phoneParams } from './schemas.ts';

const inbox = z.object({ messages: z.array(phoneMessageSchema) });
const sent = z.object({ id: z.string() });
const phoneMessageId = z
  .object({ id: z.string().meta({ description: 'WhatsApp’s message id.' }) })
  .meta({ id: 'SandboxPhoneMessageId' });
const onlineField = z.boolean().meta({ description: 'Whether it is on the network.', examples: [false] });
const errors = ['NOT_FOUND', 'CONFLICT', 'SERVICE_UNAVAILABLE'] as const;

export const listPhoneMessages = defineOperation({
  id: 'sandbox.listMessages',
  tag: 'Sandbox',
  summary: 'See what a simulated phone shows',
  http: { method: 'GET', path: '/v1/sandbox/phones/{phone}/messages', status: 200 },
  scope: 'sandbox:read',
  roles: ['owner', 'admin', 'agent', 'viewer'],
  params: phoneParams,
  query: z.strictObject({
    limit: z.coerce
      .number()
      .int()
      .min(1)
      .max(100)
      .default(50)
      .meta({ description: 'The newest so many, oldest first.' }),
  }),
  output: z
    .object({ data: z.array(phoneMessageSchema).meta({ description: 'Oldest first.' }) })
    .meta({ id: 'SandboxPhoneMessages' }),
  errors,
  mutates: false,
  async run(ctx, input) {
    await requirePhone(ctx, input.phone);
    const reply = await requireSandbox(ctx).call('phones.inbox', { number: input.phone, limit: input.limit });
    return { data: inbox.parse(reply).messages };
  },
});

export const sendFromPhone = defineOperation({
  id: 'sandbox.sendFromPhone',
  tag: 'Sandbox',
  summary: 'Let a simulated phone write to someone',
  description:
    'Text, a file, a place, visiting cards or a poll; or a reaction, an edit, a revoke or a vote on a message it shows, named by WhatsApp’s id.',
  http: { method: 'POST', path: '/v1/sandbox/phones/{phone}/messages', status: 201 },
  scope: 'sandbox:write',
  roles: ['owner', 'admin', 'agent'],
  params: phoneParams,
  body: sendFromPhoneBody,
  output: phoneMessageId,
  errors,
  idempotent: true,
  mutates: false,
  async wire(ctx, input) {
    await requirePhone(ctx, input.phone);
    const { phone, ...message } = input;
    if (!message.to.startsWith('+') && message.to !== 'status')
      requireMember(await requireGroup(ctx, message.to, 'to'), phone);
    const body = { number: phone, ...toControl(message) };
    return sent.parse(await requireSandbox(ctx).call('phones.send', body));
  },
  run: async (_ctx, _input, message) => message,
});

export const readOnPhone = defineOperation({
  id: 'sandbox.read',
  tag: 'Sandbox',
  summary: 'Let a simulated phone read a message',
  http: { method: 'POST', path: '/v1/sandbox/phones/{phone}/read', status: 200 },
  scope: 'sandbox:write',
  roles: ['owner', 'admin', 'agent'],
  params: phoneParams,
  body: z
    .strictObject({ id: z.string().min(1).max(128).meta({ description: 'Id from the phone’s messages.' }) })
    .meta({ id: 'ReadOnPhone' }),
  output: phoneMessageId,
  errors,
  mutates: false,
  async run(ctx, input) {
    await requirePhone(ctx, input.phone);
    await requireSandbox(ctx).call('phones.read', { number: input.phone, id: input.id });
    return { id: input.id };
  },
});

export const setPhoneOnline = defineOperation({
  id: 'sandbox.setOnline',
  tag: 'Sandbox',
  summary: 'Take a simulated phone off or on the network',
  http: { method: 'POST', path: '/v1/sandbox/phones/{phone}/online', status: 200 },
  scope: 'sandbox:write',
  roles: ['owner', 'admin', 'agent'],
  params: phoneParams,
  body: z.strictObject({ online: onlineField }).meta({ id: 'SetPhoneOnline' }),
  output: z.object({ online: onlineField }).meta({ id: 'SandboxPhoneOnline' }),
  errors,
  mutates: false,
  async run(ctx, input) {
    await requirePhone(ctx, input.phone);
    await requireSandbox(ctx).call('phones.online', { number: input.phone, online: input.online });
    return { online: input.online };
  },
});
