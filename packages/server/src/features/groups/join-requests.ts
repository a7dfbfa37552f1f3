import { z } from 'zod';
import { defineOperation } from '../../operations/define.ts';
import { timeField } from '../../operations/fields.ts';
import { askWhatsApp } from '../devices/index.ts';
import { recordEvents } from '../events/index.ts';
import {
  GROUP_ERRORS,
  groupParams,
  recordGroup,
  requireJoined,
  resolveMembers,
  resultsOf,
  showGroup,
} from './require.ts';
import { membersField, outcomeSchema } from './schemas.ts';

const requestSchema = z
  .object({
    phone: z
      .string()
      .nullable()
      .meta({ description: 'E.164, where known.', examples: ['+15551234567'] }),
    lid: z.string().nullable().meta({ description: 'WhatsApp’s privacy-preserving number, where known.' }),
    requestedAt: timeField.nullable().meta({ description: 'When the person asked, where WhatsApp says it.' }),
  })
  .meta({ id: 'GroupJoinRequest' });

export const listJoinRequests = defineOperation({
  id: 'groups.listJoinRequests',
  tag: 'Groups',
  summary: 'Who asks to join a group',
  description: 'Asks WhatsApp; the account must be an admin.',
  http: { method: 'GET', path: '/v1/groups/{groupId}/join-requests', status: 200 },
  scope: 'groups:read',
  roles: ['owner', 'admin', 'agent'],
  perDevice: true,
  params: groupParams,
  output: z
    .object({ requests: z.array(requestSchema).meta({ description: 'As WhatsApp orders them.' }) })
    .meta({ id: 'GroupJoinRequests' }),
  errors: GROUP_ERRORS,
  mutates: false,
  async wire(ctx, input) {
    const row = await requireJoined(ctx, input.groupId);
    return askWhatsApp(ctx, row.device_id, { name: 'joinRequests', input: { id: row.wa_id } });
  },
  run: async (_ctx, _input, requests) => ({
    requests: requests.flatMap(({ address, requestedAt }) => {
      if (address.kind !== 'person') return [];
      const at = requestedAt === undefined ? null : new Date(requestedAt).toISOString();
      return [{ phone: address.phone ?? null, lid: address.lid ?? null, requestedAt: at }];
    }),
  }),
});

export const decideJoinRequests = defineOperation({
  id: 'groups.decideJoinRequests',
  tag: 'Groups',
  summary: 'Let people into a group, or not',
  http: { method: 'POST', path: '/v1/groups/{groupId}/join-requests', status: 200 },
  scope: 'groups:write',
  roles: ['owner', 'admin', 'agent'],
  perDevice: true,
  params: groupParams,
  body: z
    .strictObject({
      decision: z.enum(['approve', 'reject']).meta({ description: 'What becomes of them.', examples: ['approve'] }),
      members: membersField,
    })
    .meta({ id: 'DecideJoinRequests' }),
  output: outcomeSchema.meta({ id: 'DecidedJoinRequests' }),
  errors: GROUP_ERRORS,
  mutates: true,
  async wire(ctx, input) {
    const row = await requireJoined(ctx, input.groupId);
    const people = await resolveMembers(ctx, input.members);
    const asked = { id: row.wa_id, decision: input.decision, members: people.map(({ address }) => address) };
    const answer = await askWhatsApp(ctx, row.device_id, { name: 'decideJoinRequests', input: asked });
    return { ...answer, people, deviceId: row.device_id };
  },
  async run(ctx, input, { deviceId, group, results, people }) {
    await recordGroup(ctx, deviceId, group);
    const outcome = resultsOf(people, results, false);
    const decided = outcome.filter(({ status }) => status === 'done').length;
    ctx.audit({ after: { decision: input.decision, decided } });
    const data = { groupId: input.groupId, deviceId, decision: input.decision, decided };
    await recordEvents(ctx.write, [
      { workspaceId: ctx.workspace.id, deviceId, subjectId: input.groupId, type: 'group.join_decided', data },
    ]);
    return { group: await showGroup(ctx, input.groupId), results: outcome };
  },
});
