import { z } from 'zod';
import { closePage, openPage } from '../../operations/cursor.ts';
import { defineOperation } from '../../operations/define.ts';
import { idField, listQuery, pageOf } from '../../operations/fields.ts';
import { groupSchema, toGroup } from './schemas.ts';
import { listGroupRows } from './store.ts';

export const listGroups = defineOperation({
  id: 'groups.list',
  tag: 'Groups',
  summary: 'List groups',
  description:
    'Every group an account of yours is or was in, once for each device. They are read when a device connects and follow every change, whoever makes it.',
  http: { method: 'GET', path: '/v1/groups', status: 200 },
  scope: 'groups:read',
  roles: ['owner', 'admin', 'agent', 'viewer'],
  perDevice: true,
  query: z.strictObject({ ...listQuery, deviceId: idField('dev', 'Only groups of this device.').optional() }),
  output: pageOf('GroupList', groupSchema),
  errors: [],
  mutates: false,
  async run(ctx, input) {
    const filters = { deviceId: input.deviceId };
    const rows = await listGroupRows(ctx.tx, {
      workspaceId: ctx.workspace.id,
      deviceId: input.deviceId ?? null,
      page: openPage(input, filters),
    });
    return closePage(rows.map(toGroup), { ...input, filters }, (group) => group.id);
  },
});
