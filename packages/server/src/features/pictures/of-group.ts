import type { Address } from '../../engine/port.ts';
import type { OperationContext } from '../../operations/context.ts';
import { defineOperation } from '../../operations/define.ts';
import { GROUP_ERRORS, groupParams, requireJoined } from '../groups/index.ts';
import { IMAGE_ERRORS, pictureSchema, recordChange, removePicture, uploadPicture } from './change.ts';
import { pictureBody } from './image.ts';
import { askPicture, READING, shownPicture } from './read.ts';

const path = '/v1/groups/{groupId}/picture';

const changing = {
  tag: 'Groups',
  scope: 'groups:write',
  roles: ['owner', 'admin', 'agent'],
  perDevice: true,
  params: groupParams,
  output: pictureSchema,
  mutates: true,
} as const;

/** The group as WhatsApp is asked about it, and over which device. */
async function groupOf(ctx: OperationContext, groupId: string): Promise<{ deviceId: string; of: Address }> {
  const row = await requireJoined(ctx, groupId);
  return { deviceId: row.device_id, of: { kind: 'group', id: row.wa_id } };
}

export const getGroupPicture = defineOperation({
  ...READING,
  id: 'groups.getPicture',
  tag: 'Groups',
  summary: 'Get the picture of a group',
  description: 'A JPEG, asked of WhatsApp. NOT_FOUND where the group has none.',
  http: { method: 'GET', path, status: 200 },
  scope: 'groups:read',
  roles: ['owner', 'admin', 'agent', 'viewer'],
  perDevice: true,
  params: groupParams,
  errors: GROUP_ERRORS,
  wire: async (ctx, { groupId, ...input }) => askPicture(ctx, { ...input, ...(await groupOf(ctx, groupId)) }),
  run: async (_ctx, { size }, answer) => shownPicture(answer, size),
});

export const setGroupPicture = defineOperation({
  ...changing,
  id: 'groups.setPicture',
  summary: 'Set the picture of a group',
  description:
    'As the picture of the account. CONFLICT where the account may not: only admins may in a group that is `locked`.',
  http: { method: 'PUT', path, status: 200 },
  body: pictureBody,
  errors: [...GROUP_ERRORS, ...IMAGE_ERRORS],
  async wire(ctx, { groupId, ...input }) {
    const group = await groupOf(ctx, groupId);
    return { deviceId: group.deviceId, ...(await uploadPicture(ctx, group, input)) };
  },
  run: (ctx, { groupId }, { deviceId, id }) => recordChange(ctx, { deviceId, groupId }, id),
});

export const removeGroupPicture = defineOperation({
  ...changing,
  id: 'groups.removePicture',
  summary: 'Take the picture of a group away',
  description: 'Repeating it changes nothing.',
  http: { method: 'DELETE', path, status: 200 },
  errors: GROUP_ERRORS,
  async wire(ctx, { groupId }) {
    const group = await groupOf(ctx, groupId);
    return { deviceId: group.deviceId, ...(await removePicture(ctx, group)) };
  },
  run: (ctx, { groupId }, { deviceId, id }) => recordChange(ctx, { deviceId, groupId }, id),
});
