import { z } from 'zod';
import { defineOperation } from '../../operations/define.ts';
import { pathId } from '../../operations/fields.ts';
import { changeWorkspace } from './change.ts';
import { auditedWorkspace, nameField, overridesField, planField, toWorkspace, workspaceSchema } from './schemas.ts';

export const updateWorkspaceOperation = defineOperation({
  id: 'workspaces.update',
  tag: 'Operator',
  summary: 'Change a workspace',
  description:
    'Name, plan, overrides and suspension. A smaller plan deletes nothing: it stops new use, and `GET /v1/usage` tells the workspace what to remove. A suspended workspace has its keys refused and its devices closed; they stay linked and come back when it is resumed.',
  http: { method: 'PATCH', path: '/v1/operator/workspaces/{workspaceId}', status: 200 },
  audience: 'operator',
  scope: 'operator:write',
  roles: [],
  params: z.strictObject({ workspaceId: pathId('ws', 'The workspace.') }),
  body: z
    .strictObject({
      name: nameField.optional(),
      plan: planField.optional(),
      overrides: overridesField,
      suspended: z
        .boolean()
        .optional()
        .meta({ description: 'true shuts it, false opens it again.', examples: [true] }),
    })
    .meta({ id: 'UpdateWorkspace' }),
  output: workspaceSchema,
  errors: ['NOT_FOUND', 'CONFLICT'],
  mutates: true,
  async run(ctx, input) {
    const { plans, quota } = ctx.live;
    const { name, plan, suspended, overrides } = input;
    const { before, after: row } = await changeWorkspace(
      ctx.tx,
      { plans, shards: quota.shards, now: ctx.now },
      {
        id: input.workspaceId,
        change: {
          name,
          plan,
          suspended,
          deviceLimit: overrides?.devices,
          outboundLimit: overrides?.outboundPerMonth,
        },
      },
    );
    ctx.audit({ before: auditedWorkspace(before), after: auditedWorkspace(row) });
    ctx.afterCommit(() => {
      ctx.wake.limits(row.id);
      ctx.wake.devices();
      ctx.wake.events(row.id);
    });
    return toWorkspace(plans, row);
  },
});
