import { z } from 'zod';
import { defineOperation } from '../../operations/define.ts';
import { askWhatsApp } from '../devices/index.ts';
import { recordEvents } from '../events/index.ts';
import { GROUP_ERRORS, groupParams, requireJoined } from './require.ts';

const LINK = 'https://chat.whatsapp.com/';

const inviteSchema = z
  .object({
    link: z.string().meta({ description: 'Who opens it on a phone can join.', examples: [`${LINK}AbCdEf123`] }),
  })
  .meta({ id: 'GroupInvite' });

export const getInvite = defineOperation({
  id: 'groups.getInvite',
  tag: 'Groups',
  summary: 'Get the invite link of a group',
  description: 'Asks WhatsApp: the link is kept nowhere here. The account must be an admin.',
  http: { method: 'GET', path: '/v1/groups/{groupId}/invite', status: 200 },
  scope: 'groups:write',
  roles: ['owner', 'admin', 'agent'],
  perDevice: true,
  params: groupParams,
  output: inviteSchema,
  errors: GROUP_ERRORS,
  mutates: false,
  async wire(ctx, input) {
    const row = await requireJoined(ctx, input.groupId);
    return askWhatsApp(ctx, row.device_id, { name: 'groupInvite', input: { id: row.wa_id, renew: false } });
  },
  run: async (_ctx, _input, { code }) => ({ link: LINK + code }),
});

export const revokeInvite = defineOperation({
  id: 'groups.revokeInvite',
  tag: 'Groups',
  summary: 'Revoke the invite link of a group',
  description: 'The old link stops working; the answer holds the new one.',
  http: { method: 'POST', path: '/v1/groups/{groupId}/invite/revoke', status: 200 },
  scope: 'groups:write',
  roles: ['owner', 'admin', 'agent'],
  perDevice: true,
  params: groupParams,
  output: inviteSchema,
  errors: GROUP_ERRORS,
  mutates: true,
  async wire(ctx, input) {
    const row = await requireJoined(ctx, input.groupId);
    const asked = { id: row.wa_id, renew: true };
    const { code } = await askWhatsApp(ctx, row.device_id, { name: 'groupInvite', input: asked });
    return { code, row };
  },
  async run(ctx, _input, { code, row }) {
    const { id, device_id: deviceId } = row;
    // The new link itself stays out of the log: whoever holds it can join.
    const data = { groupId: id, deviceId, changed: ['invite'] };
    await recordEvents(ctx.write, [
      { workspaceId: ctx.workspace.id, deviceId, subjectId: id, type: 'group.updated', data },
    ]);
    ctx.afterCommit(() => ctx.wake.events());
    return { link: LINK + code };
  },
});
