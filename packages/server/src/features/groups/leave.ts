import { defineOperation } from '../../operations/define.ts';
import { askWhatsApp } from '../devices/index.ts';
import { applyLeft } from './apply.ts';
import { GROUP_ERRORS, groupParams, requireGroup, requireJoined } from './require.ts';
import { groupSchema, toGroup } from './schemas.ts';

export const leaveGroup = defineOperation({
  id: 'groups.leave',
  tag: 'Groups',
  summary: 'Leave a group',
  description: 'The account leaves on WhatsApp. The group and its chat stay here as history, with `leftAt`.',
  http: { method: 'POST', path: '/v1/groups/{groupId}/leave', status: 200 },
  scope: 'groups:write',
  roles: ['owner', 'admin', 'agent'],
  perDevice: true,
  params: groupParams,
  output: groupSchema,
  errors: GROUP_ERRORS,
  mutates: true,
  async wire(ctx, input) {
    const row = await requireJoined(ctx, input.groupId);
    await askWhatsApp(ctx, row.device_id, { name: 'leaveGroup', input: { id: row.wa_id } });
    return row;
  },
  async run(ctx, input, row) {
    const { device_id: deviceId, wa_id: waId } = row;
    await applyLeft(ctx.tx, { workspaceId: ctx.workspace.id, deviceId, waId, now: ctx.now });
    ctx.afterCommit(() => ctx.wake.events());
    return toGroup(await requireGroup(ctx, input.groupId));
  },
});
