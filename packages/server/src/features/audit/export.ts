import { z } from 'zod';
import { defineOperation, RawReply } from '../../operations/define.ts';
import type { Queryable } from '../../platform/db/port.ts';
import { firstIdAt } from '../../platform/ids.ts';
import { FORMATS, type Format } from './formats.ts';
import { auditEntrySchema, filterFields, toAuditEntry, toFilter } from './schemas.ts';
import { type AuditFilter, type AuditRow, listAuditRows } from './store.ts';

const PAGE = 501;

const pageAfter = (db: Queryable, filter: AuditFilter, after: string | null) =>
  listAuditRows(db, filter, { after, limit: PAGE, order: 'asc' });

/** Page by page, each asked for when the reader has taken the one before: no more than one is in memory. */
async function* write(db: Queryable, filter: AuditFilter, { format, first }: { format: Format; first: AuditRow[] }) {
  yield format.head;
  for (let rows = first; rows.length > 0; ) {
    yield rows.map((row) => format.line(toAuditEntry(row))).join('');
    rows = rows.length < PAGE ? [] : await pageAfter(db, filter, rows.at(-1)?.id ?? null);
  }
}

export const exportAudit = defineOperation({
  id: 'audit.export',
  tag: 'Audit',
  summary: 'Export the audit log',
  description:
    'All entries that pass the filters, oldest first, up to the moment of the request: as CSV, or as JSON Lines with one entry of `GET /v1/audit` a line. It is sent while it is read, so any length will do; a reply that breaks off is not complete. In CSV, a cell a spreadsheet would take for a formula has an apostrophe in front.',
  http: { method: 'GET', path: '/v1/audit/export', status: 200 },
  scope: 'audit:read',
  roles: ['owner', 'admin'],
  query: z.strictObject({
    format: z
      .enum(['csv', 'jsonl'])
      .default('csv')
      .meta({ description: 'Wins over the Accept header.', examples: ['jsonl'] }),
    ...filterFields,
  }),
  output: auditEntrySchema,
  produces: ['text/csv', 'application/jsonl'],
  rawOnly: true,
  errors: [],
  rateClass: 'export',
  mutates: false,
  async run(ctx, input) {
    const { format: name, ...query } = input;
    const format: Format = FORMATS[name];
    const asked = toFilter(ctx.workspace.id, query);
    // What is written while this runs must not keep it running. A second on: clocks of nodes differ a little.
    const now = firstIdAt('aud', new Date(ctx.now.getTime() + 1_000));
    const filter = { ...asked, beforeId: asked.beforeId !== null && asked.beforeId < now ? asked.beforeId : now };
    // Read before the reply begins: what fails here still gets a proper answer.
    const first = await pageAfter(ctx.tx, filter, null);
    const file = `audit-${ctx.now.toISOString().slice(0, 10)}.${name}`;
    return new RawReply(format.contentType, write(ctx.tx, filter, { format, first }), {
      'content-disposition': `attachment; filename="${file}"`,
      'cache-control': 'no-store',
    });
  },
});
