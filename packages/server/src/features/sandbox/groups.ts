import { z } from 'zod';
import { defineOperation } from '../../operations/define.ts';
import {
  actorField,
  addressOf,
  controlGroups,
  groupParams,
  groupResults,
  phonesField,
  sandboxGroupSchema,
  subjectField,
  toResults,
  toSandboxGroup,
} from './group-schemas.ts';
import { requireGroup, requireMember, requirePhone, requirePhones, requireSandbox } from './require.ts';
import { phoneParams } from './schemas.ts';

const controlMade = z.object({ jid: z.string() });
const errors = ['NOT_FOUND', 'CONFLICT', 'SERVICE_UNAVAILABLE'] as const;

// What people do on their phones: it changes the simulated network, and rows of ours only as WhatsApp tells of it.
const acting = {
  tag: 'Sandbox',
  scope: 'sandbox:write',
  roles: ['owner', 'admin', 'agent'],
  errors,
  mutates: false,
} as const;

export const createSandboxGroup = defineOperation({
  ...acting,
  id: 'sandbox.createGroup',
  summary: 'Let simulated phones make a group',
  description:
    'All of them are phones of yours; the first owns it. A device that is linked to one of them gets the group as it gets one that a customer made.',
  http: { method: 'POST', path: '/v1/sandbox/groups', status: 201 },
  body: z
    .strictObject({
      subject: subjectField,
      phones: phonesField.meta({ description: 'Its members; the first owns it.', examples: [['+15551234567']] }),
    })
    .meta({ id: 'CreateSandboxGroup' }),
  output: sandboxGroupSchema,
  location: (group) => `/v1/sandbox/groups/${group.whatsappId}`,
  idempotent: true,
  async wire(ctx, { subject, phones }) {
    await requirePhones(ctx, phones, 'phones');
    const sandbox = requireSandbox(ctx);
    const { jid } = controlMade.parse(await sandbox.call('groups.create', { subject, members: phones }));
    return toSandboxGroup(await sandbox.call('groups.get', { group: jid }));
  },
  run: async (_ctx, _input, group) => group,
});

export const getSandboxGroup = defineOperation({
  id: 'sandbox.getGroup',
  tag: 'Sandbox',
  summary: 'See a group as its phones see it',
  description: 'A group that one of your phones is in or asks to join.',
  http: { method: 'GET', path: '/v1/sandbox/groups/{whatsappId}', status: 200 },
  scope: 'sandbox:read',
  roles: ['owner', 'admin', 'agent', 'viewer'],
  params: groupParams,
  output: sandboxGroupSchema,
  errors,
  mutates: false,
  run: (ctx, { whatsappId }) => requireGroup(ctx, whatsappId),
});

export const listPhoneGroups = defineOperation({
  id: 'sandbox.listGroups',
  tag: 'Sandbox',
  summary: 'List the groups of a simulated phone',
  http: { method: 'GET', path: '/v1/sandbox/phones/{phone}/groups', status: 200 },
  scope: 'sandbox:read',
  roles: ['owner', 'admin', 'agent', 'viewer'],
  params: phoneParams,
  output: z
    .object({ data: z.array(sandboxGroupSchema).meta({ description: 'Every group it is in.' }) })
    .meta({ id: 'SandboxGroups' }),
  errors,
  mutates: false,
  async run(ctx, { phone }) {
    await requirePhone(ctx, phone);
    const { groups } = controlGroups.parse(await requireSandbox(ctx).call('groups.of', { number: phone }));
    return { data: groups.map(toSandboxGroup) };
  },
});

export const renameSandboxGroup = defineOperation({
  ...acting,
  id: 'sandbox.renameGroup',
  summary: 'Let a simulated phone rename a group',
  http: { method: 'PATCH', path: '/v1/sandbox/groups/{whatsappId}', status: 200 },
  params: groupParams,
  body: z.strictObject({ phone: actorField, subject: subjectField }).meta({ id: 'RenameSandboxGroup' }),
  output: sandboxGroupSchema,
  async run(ctx, { whatsappId, phone, subject }) {
    const group = await requireGroup(ctx, whatsappId);
    await requirePhone(ctx, phone);
    requireMember(group, phone);
    const body = { number: phone, group: addressOf(whatsappId), subject };
    return toSandboxGroup(await requireSandbox(ctx).call('groups.subject', body));
  },
});

export const changeSandboxMembers = defineOperation({
  ...acting,
  id: 'sandbox.changeGroupMembers',
  summary: 'Let a simulated phone change who is in a group',
  description:
    'Adds, removes, promotes or demotes, with a result for each number. The phone that does it has to be an admin.',
  http: { method: 'POST', path: '/v1/sandbox/groups/{whatsappId}/members', status: 200 },
  params: groupParams,
  body: z
    .strictObject({
      phone: actorField,
      action: z
        .enum(['add', 'remove', 'promote', 'demote'])
        .meta({ description: 'What is done with them.', examples: ['add'] }),
      members: phonesField.meta({ description: 'Phones of yours.', examples: [['+15551234567']] }),
    })
    .meta({ id: 'ChangeSandboxMembers' }),
  output: groupResults,
  async run(ctx, { whatsappId, phone, action, members }) {
    await requireGroup(ctx, whatsappId);
    await requirePhone(ctx, phone);
    await requirePhones(ctx, members, 'members');
    const body = { number: phone, group: addressOf(whatsappId), action, members };
    return toResults(await requireSandbox(ctx).call('groups.members', body));
  },
});
