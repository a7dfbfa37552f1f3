import { defineOperation } from '../../operations/define.ts';
import { groupParams, showGroup } from './require.ts';
import { wholeGroupSchema } from './schemas.ts';

export const getGroup = defineOperation({
  id: 'groups.get',
  tag: 'Groups',
  summary: 'Get a group with its members',
  http: { method: 'GET', path: '/v1/groups/{groupId}', status: 200 },
  scope: 'groups:read',
  roles: ['owner', 'admin', 'agent', 'viewer'],
  perDevice: true,
  params: groupParams,
  output: wholeGroupSchema,
  errors: ['NOT_FOUND'],
  mutates: false,
  run: (ctx, input) => showGroup(ctx, input.groupId),
});
