import { z } from 'zod';
import { defineOperation } from '../../operations/define.ts';
import { askWhatsApp } from '../devices/index.ts';
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

export const changeMembers = defineOperation({
  id: 'groups.changeMembers',
  tag: 'Groups',
  summary: 'Add, remove, promote or demote members',
  description:
    'Answers with what became of each person: one who cannot be added keeps nobody else out. The account must be an admin, save for adding where everybody may.',
  http: { method: 'POST', path: '/v1/groups/{groupId}/members', status: 200 },
  scope: 'groups:write',
  roles: ['owner', 'admin', 'agent'],
  perDevice: true,
  params: groupParams,
  body: z
    .strictObject({
      action: z
        .enum(['add', 'remove', 'promote', 'demote'])
        .meta({ description: '`promote` makes admins, `demote` members again.', examples: ['add'] }),
      members: membersField,
    })
    .meta({ id: 'ChangeGroupMembers' }),
  output: outcomeSchema.meta({ id: 'ChangedGroupMembers' }),
  errors: GROUP_ERRORS,
  mutates: true,
  async wire(ctx, input) {
    const row = await requireJoined(ctx, input.groupId);
    const people = await resolveMembers(ctx, input.members);
    const asked = { id: row.wa_id, action: input.action, members: people.map(({ address }) => address) };
    const answer = await askWhatsApp(ctx, row.device_id, { name: 'changeMembers', input: asked });
    return { ...answer, people, deviceId: row.device_id };
  },
  async run(ctx, input, { deviceId, group, results, people }) {
    await recordGroup(ctx, deviceId, group);
    const outcome = resultsOf(people, results, input.action === 'add');
    const done = outcome.filter(({ status }) => status === 'done').length;
    ctx.audit({ after: { action: input.action, asked: outcome.length, done } });
    return { group: await showGroup(ctx, input.groupId), results: outcome };
  },
});
