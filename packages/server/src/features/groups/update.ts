import { z } from 'zod';
import type { GroupChange } from '../../engine/asks.ts';
import { defineOperation } from '../../operations/define.ts';
import { askWhatsApp } from '../devices/index.ts';
import { GROUP_ERRORS, groupParams, recordGroup, requireJoined, showGroup } from './require.ts';
import { settingFields, subjectField, wholeGroupSchema } from './schemas.ts';

type Wanted = { [K in keyof GroupChange]?: GroupChange[K] | undefined };

/** Only what was asked for: a field that is absent stays. */
function changeOf({
  subject,
  description,
  announce,
  locked,
  memberAdd,
  joinApproval,
  ephemeralSeconds,
}: Wanted): GroupChange {
  return {
    ...(subject === undefined ? {} : { subject }),
    ...(description === undefined ? {} : { description }),
    ...(announce === undefined ? {} : { announce }),
    ...(locked === undefined ? {} : { locked }),
    ...(memberAdd === undefined ? {} : { memberAdd }),
    ...(joinApproval === undefined ? {} : { joinApproval }),
    ...(ephemeralSeconds === undefined ? {} : { ephemeralSeconds }),
  };
}

export const updateGroup = defineOperation({
  id: 'groups.update',
  tag: 'Groups',
  summary: 'Change a group',
  description:
    'What you leave out stays. WhatsApp takes each setting by itself: when it refuses one (CONFLICT, mostly because the account is no admin), those before it are changed, and the group shows it within seconds.',
  http: { method: 'PATCH', path: '/v1/groups/{groupId}', status: 200 },
  scope: 'groups:write',
  roles: ['owner', 'admin', 'agent'],
  perDevice: true,
  params: groupParams,
  body: z
    .strictObject({
      subject: subjectField.optional(),
      description: settingFields.description.optional(),
      announce: settingFields.announce.optional(),
      locked: settingFields.locked.optional(),
      memberAdd: settingFields.memberAdd.optional(),
      joinApproval: settingFields.joinApproval.optional(),
      ephemeralSeconds: settingFields.ephemeralSeconds.optional(),
    })
    .refine((body) => Object.values(body).some((value) => value !== undefined), { message: 'names nothing to change' })
    .meta({ id: 'UpdateGroup', examples: [{ subject: 'Order 12345, shipped' }] }),
  output: wholeGroupSchema,
  errors: GROUP_ERRORS,
  mutates: true,
  async wire(ctx, input) {
    const row = await requireJoined(ctx, input.groupId);
    const change = changeOf(input);
    const group = await askWhatsApp(ctx, row.device_id, { name: 'changeGroup', input: { id: row.wa_id, change } });
    return { deviceId: row.device_id, group, fields: Object.keys(change) };
  },
  async run(ctx, input, { deviceId, group, fields }) {
    await recordGroup(ctx, deviceId, group);
    ctx.audit({ after: { changed: fields } });
    return showGroup(ctx, input.groupId);
  },
});
