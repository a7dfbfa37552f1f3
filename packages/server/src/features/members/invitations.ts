import { z } from 'zod';
import { closePage, openPage } from '../../operations/cursor.ts';
import { defineOperation } from '../../operations/define.ts';
import { listQuery, pageOf, pathId } from '../../operations/fields.ts';
import { WapingError } from '../../platform/errors.ts';
import { recordEvents } from '../events/index.ts';
import { checkMayManage } from './authority.ts';
import { closeInvitation, findInvitation, listInvitationRows } from './invitation-store.ts';
import { invitationSchema, toInvitation } from './schemas.ts';

export const listInvitations = defineOperation({
  id: 'invitations.list',
  tag: 'Members',
  summary: 'List open invitations',
  http: { method: 'GET', path: '/v1/invitations', status: 200 },
  scope: 'members:read',
  roles: ['owner', 'admin'],
  query: z.strictObject(listQuery),
  output: pageOf('InvitationList', invitationSchema),
  errors: [],
  mutates: false,
  async run(ctx, input) {
    const page = openPage(input, {});
    const rows = await listInvitationRows(ctx.tx, { workspaceId: ctx.workspace.id, page });
    return closePage(rows.map(toInvitation), { ...input, filters: {} }, (invitation) => invitation.id);
  },
});

export const revokeInvitation = defineOperation({
  id: 'invitations.revoke',
  tag: 'Members',
  summary: 'Revoke an invitation',
  description: 'Its link stops working at once.',
  http: { method: 'DELETE', path: '/v1/invitations/{invitationId}', status: 204 },
  scope: 'members:write',
  roles: ['owner', 'admin'],
  params: z.strictObject({ invitationId: pathId('inv', 'The invitation.') }),
  output: z.null(),
  errors: ['NOT_FOUND'],
  mutates: true,
  async run(ctx, input) {
    const workspaceId = ctx.workspace.id;
    const gone = () => new WapingError('NOT_FOUND', 'no such open invitation', { param: 'invitationId' });
    const row = await findInvitation(ctx.tx, workspaceId, input.invitationId);
    if (!row) throw gone();
    checkMayManage(ctx.actor, [row.role]);
    if (!(await closeInvitation(ctx.tx, workspaceId, row.id))) throw gone();
    const data = { invitationId: row.id, email: row.email, role: row.role };
    await recordEvents(ctx.tx, [
      { workspaceId, deviceId: null, subjectId: row.id, type: 'member.invitation_revoked', data },
    ]);
    ctx.audit({ before: { email: row.email, role: row.role } });
    ctx.afterCommit(() => ctx.wake.events());
    return null;
  },
});
