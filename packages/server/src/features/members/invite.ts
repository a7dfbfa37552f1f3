import { z } from 'zod';
import { defineOperation } from '../../operations/define.ts';
import { isUniqueViolation } from '../../platform/db/db-error.ts';
import { WapingError } from '../../platform/errors.ts';
import { newId } from '../../platform/ids.ts';
import { recordEvents } from '../events/index.ts';
import { checkMayManage } from './authority.ts';
import { closeExpiredInvitations, insertInvitation } from './invitation-store.ts';
import { emailField, newInvitationSchema, roleField, toInvitation } from './schemas.ts';
import { normaliseEmail } from './services.ts';
import { findMemberByEmail } from './store.ts';
import { mintSecret } from './tokens.ts';

const VALID_MS = 7 * 24 * 3_600_000;

export const inviteMember = defineOperation({
  id: 'members.invite',
  tag: 'Members',
  summary: 'Invite a person',
  description:
    'Answers a link that works once, for a week. It is kept as a hash only, so it cannot be shown again and takes no Idempotency-Key: a second invitation to the same address is a `CONFLICT` while the first is open.',
  http: { method: 'POST', path: '/v1/invitations', status: 201 },
  scope: 'members:write',
  roles: ['owner', 'admin'],
  body: z.strictObject({ email: emailField, role: roleField }).meta({ id: 'InviteMember' }),
  output: newInvitationSchema,
  errors: ['CONFLICT'],
  mutates: true,
  async run(ctx, input) {
    checkMayManage(ctx.actor, [input.role]);
    const workspaceId = ctx.workspace.id;
    const email = normaliseEmail(input.email);
    if (await findMemberByEmail(ctx.tx, workspaceId, email)) {
      throw new WapingError('CONFLICT', 'this person is a member already', { param: 'email' });
    }
    await closeExpiredInvitations(ctx.tx, workspaceId, email);
    const { token, hash } = mintSecret();
    const id = newId('inv');
    const expiresAt = new Date(ctx.now.getTime() + VALID_MS);
    const request = { id, workspaceId, email, role: input.role, tokenHash: hash, invitedBy: ctx.actor.id, expiresAt };
    const row = await insertInvitation(ctx.tx, request).catch((error: unknown) => {
      if (!isUniqueViolation(error, 'invitation_open')) throw error;
      throw new WapingError('CONFLICT', 'this address is invited already', { param: 'email', cause: error });
    });
    const data = { invitationId: id, email, role: input.role };
    await recordEvents(ctx.tx, [{ workspaceId, deviceId: null, subjectId: id, type: 'member.invited', data }]);
    ctx.audit({ after: { email, role: input.role } });
    ctx.afterCommit(() => ctx.wake.events());
    return { ...toInvitation(row), link: `${ctx.publicUrl}/account/invitation#${token}` };
  },
});
