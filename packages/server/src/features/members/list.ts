import { z } from 'zod';
import { closePage, openPage } from '../../operations/cursor.ts';
import { defineOperation } from '../../operations/define.ts';
import { listQuery, pageOf } from '../../operations/fields.ts';
import { memberSchema, roleField, toMember } from './schemas.ts';
import { listMemberRows } from './store.ts';

export const listMembers = defineOperation({
  id: 'members.list',
  tag: 'Members',
  summary: 'List members',
  http: { method: 'GET', path: '/v1/members', status: 200 },
  scope: 'members:read',
  roles: ['owner', 'admin', 'agent', 'viewer'],
  query: z.strictObject({
    ...listQuery,
    role: roleField.optional().meta({ description: 'Only members with this role.' }),
  }),
  output: pageOf('MemberList', memberSchema),
  errors: [],
  mutates: false,
  async run(ctx, input) {
    const filters = { role: input.role };
    const rows = await listMemberRows(ctx.tx, {
      workspaceId: ctx.workspace.id,
      role: input.role ?? null,
      page: openPage(input, filters),
    });
    return closePage(rows.map(toMember), { ...input, filters }, (member) => member.personId);
  },
});
