import { z } from 'zod';
import { defineOperation } from '../../operations/define.ts';
import { makeWorkspace } from './make.ts';
import { auditedWorkspace, nameField, newWorkspaceSchema, overridesField, planField, toWorkspace } from './schemas.ts';

export const createWorkspace = defineOperation({
  id: 'workspaces.create',
  tag: 'Operator',
  summary: 'Create a workspace',
  description:
    'Answers its first API key, once, where its plan has API access. A repeated Idempotency-Key answers the same workspace without the key.',
  http: { method: 'POST', path: '/v1/operator/workspaces', status: 201 },
  audience: 'operator',
  scope: 'operator:write',
  roles: [],
  body: z
    .strictObject({
      name: nameField,
      plan: planField.optional().meta({ description: 'Its plan; the first of the installation by default.' }),
      overrides: overridesField,
    })
    .meta({ id: 'CreateWorkspace' }),
  output: newWorkspaceSchema,
  errors: [],
  idempotent: true,
  mutates: true,
  location: (workspace) => `/v1/operator/workspaces/${workspace.id}`,
  replayed: (workspace) => ({ ...workspace, apiKey: null }),
  async run(ctx, input) {
    const { plans } = ctx.live;
    const { row, apiKey } = await makeWorkspace(ctx.tx, ctx.live, {
      name: input.name,
      plan: input.plan ?? plans.names[0] ?? '',
      deviceLimit: input.overrides?.devices ?? null,
      outboundLimit: input.overrides?.outboundPerMonth ?? null,
    });
    ctx.audit({ after: auditedWorkspace(row) });
    return { ...toWorkspace(plans, row), apiKey };
  },
});
