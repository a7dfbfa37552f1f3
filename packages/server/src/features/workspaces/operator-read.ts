import { z } from 'zod';
import type { PlanBook } from '../../operations/context.ts';
import { closePage, openPage } from '../../operations/cursor.ts';
import { defineOperation } from '../../operations/define.ts';
import { listQuery, pageOf, pathId } from '../../operations/fields.ts';
import type { Queryable } from '../../platform/db/port.ts';
import { WapingError } from '../../platform/errors.ts';
import { countDevices } from '../devices/index.ts';
import { left, monthlySent, monthOf } from '../usage/index.ts';
import { planField, toWorkspace, workspaceDetailSchema, workspaceSchema } from './schemas.ts';
import { findWorkspace, listWorkspaceRows, type WorkspaceRow } from './store.ts';

export const listWorkspaces = defineOperation({
  id: 'workspaces.list',
  tag: 'Operator',
  summary: 'List workspaces',
  http: { method: 'GET', path: '/v1/operator/workspaces', status: 200 },
  audience: 'operator',
  scope: 'operator:read',
  roles: [],
  query: z.strictObject({ ...listQuery, plan: planField.optional().meta({ description: 'Only those on this plan.' }) }),
  output: pageOf('WorkspaceList', workspaceSchema),
  errors: [],
  mutates: false,
  async run(ctx, input) {
    const filters = { plan: input.plan };
    const rows = await listWorkspaceRows(ctx.tx, { plan: input.plan ?? null, page: openPage(input, filters) });
    return closePage(
      rows.map((row) => toWorkspace(ctx.live.plans, row)),
      { ...input, filters },
      (workspace) => workspace.id,
    );
  },
});

/** A workspace with what it has used of its limits this month. */
export async function describeWorkspace(db: Queryable, plans: PlanBook, shown: { row: WorkspaceRow; now: Date }) {
  const { row, now } = shown;
  const workspace = toWorkspace(plans, row);
  const [sent, devices] = await Promise.all([monthlySent(db, row.id, monthOf(now)), countDevices(db, row.id)]);
  const { outboundPerMonth, devices: deviceLimit } = workspace.limits;
  return {
    ...workspace,
    month: monthOf(now).slice(0, 7),
    outbound: { sent, limit: outboundPerMonth, remaining: left(sent, outboundPerMonth) },
    devices: { used: devices, limit: deviceLimit, remaining: left(devices, deviceLimit) },
  };
}

export const getWorkspace = defineOperation({
  id: 'workspaces.get',
  tag: 'Operator',
  summary: 'Get a workspace',
  description: 'With what it has used of its limits this month.',
  http: { method: 'GET', path: '/v1/operator/workspaces/{workspaceId}', status: 200 },
  audience: 'operator',
  scope: 'operator:read',
  roles: [],
  params: z.strictObject({ workspaceId: pathId('ws', 'The workspace.') }),
  output: workspaceDetailSchema,
  errors: ['NOT_FOUND'],
  mutates: false,
  async run(ctx, input) {
    const row = await findWorkspace(ctx.tx, input.workspaceId);
    if (!row) throw new WapingError('NOT_FOUND', 'no such workspace', { param: 'workspaceId' });
    return describeWorkspace(ctx.tx, ctx.live.plans, { row, now: ctx.now });
  },
});
