import { z } from 'zod';
import { defineOperation } from '../../operations/define.ts';
import { pathId } from '../../operations/fields.ts';
import { WapingError } from '../../platform/errors.ts';
import { recordEvents } from '../events/index.ts';
import { checkKeepsOwner, checkMayManage } from './authority.ts';
import { deleteMembership, lockMember, lockOwners } from './store.ts';

export const removeMember = defineOperation({
  id: 'members.remove',
  tag: 'Members',
  summary: 'Remove a member',
  description:
    'Their sessions in this workspace end at once. Other workspaces of theirs are not touched. The last owner cannot be removed (`CONFLICT`).',
  http: { method: 'DELETE', path: '/v1/members/{personId}', status: 204 },
  scope: 'members:write',
  roles: ['owner', 'admin'],
  params: z.strictObject({ personId: pathId('usr', 'The person.') }),
  output: z.null(),
  errors: ['NOT_FOUND', 'CONFLICT'],
  mutates: true,
  async run(ctx, input) {
    const workspaceId = ctx.workspace.id;
    const { personId } = input;
    const owners = await lockOwners(ctx.tx, workspaceId);
    const member = await lockMember(ctx.tx, workspaceId, personId);
    if (!member) throw new WapingError('NOT_FOUND', 'no such member', { param: 'personId' });
    checkMayManage(ctx.actor, [member.role]);
    checkKeepsOwner(owners, personId);
    await deleteMembership(ctx.tx, workspaceId, personId);
    const data = { personId, role: member.role };
    await recordEvents(ctx.tx, [{ workspaceId, deviceId: null, subjectId: personId, type: 'member.removed', data }]);
    ctx.audit({ before: { email: member.email, role: member.role } });
    ctx.afterCommit(() => ctx.wake.events());
    return null;
  },
});
