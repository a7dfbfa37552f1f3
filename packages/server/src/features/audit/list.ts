import { z } from 'zod';
import { closePage, openPage } from '../../operations/cursor.ts';
import { defineOperation } from '../../operations/define.ts';
import { listQuery, pageOf } from '../../operations/fields.ts';
import { auditEntrySchema, filterFields, toAuditEntry, toFilter } from './schemas.ts';
import { listAuditRows } from './store.ts';

export const listAudit = defineOperation({
  id: 'audit.list',
  tag: 'Audit',
  summary: 'Read the audit log',
  description:
    'Who changed what in this workspace, newest first. Every call that changes something leaves one entry, which commits with the change; a call that fails leaves none. Sign-ins, failed ones too, and what people do to their accounts stand here as `auth.…`.',
  http: { method: 'GET', path: '/v1/audit', status: 200 },
  scope: 'audit:read',
  roles: ['owner', 'admin'],
  query: z.strictObject({ ...listQuery, ...filterFields }),
  output: pageOf('AuditList', auditEntrySchema),
  errors: [],
  mutates: false,
  async run(ctx, input) {
    const { limit: _limit, cursor: _cursor, order: _order, ...filters } = input;
    const filter = toFilter(ctx.workspace.id, filters);
    const rows = await listAuditRows(ctx.tx, filter, openPage(input, filters));
    return closePage(rows.map(toAuditEntry), { ...input, filters }, (entry) => entry.id);
  },
});
