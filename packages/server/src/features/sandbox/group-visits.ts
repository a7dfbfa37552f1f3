import { z } from 'zod';
import { defineOperation } from '../../operations/define.ts';
import { actorField, addressOf, groupParams, idOfAddress, whatsappIdField } from './group-schemas.ts';
import { requireGroup, requirePhone, requireSandbox } from './require.ts';
import { phoneParams } from './schemas.ts';

const controlLeft = z.object({ left: z.boolean() });
const controlJoined = z.object({ jid: z.string(), joined: z.boolean() });
const INVITE = /^(https:\/\/chat\.whatsapp\.com\/)?([\w-]{6,64})$/;
const onField = z.boolean().meta({ description: 'Whether only the invite link brings it in.', examples: [true] });

const acting = {
  tag: 'Sandbox',
  scope: 'sandbox:write',
  roles: ['owner', 'admin', 'agent'],
  errors: ['NOT_FOUND', 'CONFLICT', 'SERVICE_UNAVAILABLE'],
  mutates: false,
} as const;

export const leaveSandboxGroup = defineOperation({
  ...acting,
  id: 'sandbox.leaveGroup',
  summary: 'Let a simulated phone leave a group',
  http: { method: 'POST', path: '/v1/sandbox/groups/{whatsappId}/leave', status: 200 },
  params: groupParams,
  body: z.strictObject({ phone: actorField }).meta({ id: 'LeaveSandboxGroup' }),
  output: z
    .object({ left: z.boolean().meta({ description: 'false: it was not in it.', examples: [true] }) })
    .meta({ id: 'SandboxGroupLeft' }),
  async run(ctx, { whatsappId, phone }) {
    await requireGroup(ctx, whatsappId);
    await requirePhone(ctx, phone);
    const body = { number: phone, group: addressOf(whatsappId) };
    return controlLeft.parse(await requireSandbox(ctx).call('groups.leave', body));
  },
});

export const joinSandboxGroup = defineOperation({
  ...acting,
  id: 'sandbox.joinGroup',
  summary: 'Let a simulated phone follow an invite link',
  description: 'It is in the group at once, or asks to be let in where the group’s admins decide.',
  http: { method: 'POST', path: '/v1/sandbox/phones/{phone}/join-group', status: 200 },
  params: phoneParams,
  body: z
    .strictObject({
      link: z
        .string()
        .regex(INVITE, { message: 'must be an invite link, or the code at its end' })
        .meta({
          description: 'The link, or the code at its end.',
          examples: ['https://chat.whatsapp.com/AbCdEf123456'],
        }),
    })
    .meta({ id: 'JoinSandboxGroup' }),
  output: z
    .object({
      whatsappId: whatsappIdField,
      joined: z.boolean().meta({ description: 'false: it waits for an admin.', examples: [true] }),
    })
    .meta({ id: 'SandboxGroupJoined' }),
  async run(ctx, { phone, link }) {
    await requirePhone(ctx, phone);
    const code = INVITE.exec(link)?.[2] ?? link;
    const reply = await requireSandbox(ctx).call('groups.join', { number: phone, code });
    const { jid, joined } = controlJoined.parse(reply);
    return { whatsappId: idOfAddress(jid), joined };
  },
});

export const setOnlyByInvite = defineOperation({
  ...acting,
  id: 'sandbox.setOnlyByInvite',
  summary: 'Say whether others may add a simulated phone to groups',
  description: 'Like the privacy setting on a real phone: `on` means that an add is answered with `invite_needed`.',
  http: { method: 'POST', path: '/v1/sandbox/phones/{phone}/only-by-invite', status: 200 },
  params: phoneParams,
  body: z.strictObject({ on: onField }).meta({ id: 'SetOnlyByInvite' }),
  output: z.object({ on: onField }).meta({ id: 'SandboxOnlyByInvite' }),
  async run(ctx, { phone, on }) {
    await requirePhone(ctx, phone);
    await requireSandbox(ctx).call('accounts.onlyByInvite', { number: phone, on });
    return { on };
  },
});
