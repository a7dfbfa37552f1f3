import { z } from 'zod';
import { defineOperation } from '../../operations/define.ts';
import { pathId } from '../../operations/fields.ts';
import { WapingError } from '../../platform/errors.ts';
import { recordEvents } from '../events/index.ts';
import { checkKeepsOwner, checkMayManage } from './authority.ts';
import { memberSchema, roleField, toMember } from './schemas.ts';
import { lockMember, lockOwners, updateRole } from './store.ts';

export const changeRole = defineOperation({
  id: 'members.changeRole',
  tag: 'Members',
  summary: 'Change a member’s role',
  description:
    'Counts from their next request. Only an owner makes or unmakes an owner; the last owner stays one (`CONFLICT`).',
  http: { method: 'PATCH', path: '/v1/members/{personId}', status: 200 },
  scope: 'members:write',
  roles: ['owner', 'admin'],
  params: z.strictObject({ personId: pathId('usr', 'The person.') }),
  body: z.strictObject({ role: roleField }).meta({ id: 'ChangeRole' }),
  output: memberSchema,
  errors: ['NOT_FOUND', 'CONFLICT'],
  mutates: true,
  async run(ctx, input) {
    const workspaceId = ctx.workspace.id;
    const { personId, role } = input;
    const owners = await lockOwners(ctx.tx, workspaceId);
    const member = await lockMember(ctx.tx, workspaceId, personId);
    if (!member) throw new WapingError('NOT_FOUND', 'no such member', { param: 'personId' });
    checkMayManage(ctx.actor, [member.role, role]);
    ctx.audit({ before: { role: member.role }, after: { role } });
    if (member.role === role) return toMember(member);
    checkKeepsOwner(owners, personId);
    await updateRole(ctx.tx, { workspaceId, personId, role });
    const data = { personId, role, previousRole: member.role };
    await recordEvents(ctx.tx, [
      { workspaceId, deviceId: null, subjectId: personId, type: 'member.role_changed', data },
    ]);
    ctx.afterCommit(() => ctx.wake.events());
    return toMember({ ...member, role });
  },
});
