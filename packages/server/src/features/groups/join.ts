import { z } from 'zod';
import { defineOperation } from '../../operations/define.ts';
import { idField } from '../../operations/fields.ts';
import { askWhatsApp } from '../devices/index.ts';
import { recordEvents } from '../events/index.ts';
import { GROUP_ERRORS, recordGroup, showGroup } from './require.ts';
import { wholeGroupSchema } from './schemas.ts';

const CODE = /^(?:https:\/\/chat\.whatsapp\.com\/(?:invite\/)?)?([\w-]{6,64})$/;

const linkField = z
  .string()
  .max(200)
  .regex(CODE, { message: 'must be an invite link of a group, or its code' })
  .meta({ description: 'The invite link, or the code at its end.', examples: ['https://chat.whatsapp.com/AbCdEf123'] });

export const joinGroup = defineOperation({
  id: 'groups.join',
  tag: 'Groups',
  summary: 'Join a group by its invite link',
  description:
    'Where an admin has to let the account in, `status` is `pending` and `group` null: the group shows up once they do (`group.created`). Joining a group the account is in already changes nothing, so a retry is safe at any time.',
  http: { method: 'POST', path: '/v1/groups/join', status: 200 },
  scope: 'groups:write',
  roles: ['owner', 'admin', 'agent'],
  perDevice: true,
  body: z
    .strictObject({ deviceId: idField('dev', 'The device whose account joins.'), link: linkField })
    .meta({ id: 'JoinGroup' }),
  output: z
    .object({
      status: z
        .enum(['joined', 'pending'])
        .meta({ description: 'Whether the account is in it.', examples: ['joined'] }),
      group: wholeGroupSchema.nullable().meta({ description: 'The group; null while an admin has to decide.' }),
    })
    .meta({ id: 'JoinedGroup' }),
  errors: GROUP_ERRORS,
  mutates: true,
  auditTarget: ({ input }) => ({ kind: 'device', id: input.deviceId }),
  wire(ctx, input) {
    const code = CODE.exec(input.link)?.[1] ?? '';
    return askWhatsApp(ctx, input.deviceId, { name: 'joinGroup', input: { code } });
  },
  async run(ctx, input, { id: whatsappId, group }) {
    const { deviceId } = input;
    if (group) {
      const id = await recordGroup(ctx, deviceId, group);
      ctx.audit({ after: { groupId: id } });
      return { status: 'joined' as const, group: await showGroup(ctx, id) };
    }
    await recordEvents(ctx.write, [
      {
        workspaceId: ctx.workspace.id,
        deviceId,
        subjectId: deviceId,
        type: 'group.join_requested',
        data: { deviceId, whatsappId },
      },
    ]);
    ctx.afterCommit(() => ctx.wake.events());
    return { status: 'pending' as const, group: null };
  },
});
