import { z } from 'zod';
import type { OperationContext } from '../../operations/context.ts';
import { defineOperation } from '../../operations/define.ts';
import { WapingError } from '../../platform/errors.ts';
import { jobLocation, jobSchema, startJob } from '../jobs/index.ts';
import { unlinkDevices } from './unlink-devices.ts';
import { closeInvitations, lockDoomed, markErasing, revokeAllKeys } from './workspace-store.ts';

export const exportWorkspace = defineOperation({
  id: 'workspace.export',
  tag: 'Workspace',
  summary: 'Export the workspace',
  description:
    'A job that gathers everything the workspace holds: people, devices, contacts, conversations, messages, events, usage, the audit log. No secrets. Fetch the outcome at `resultUrl` within seven days.',
  http: { method: 'POST', path: '/v1/workspace/export', status: 202 },
  scope: 'workspace:export',
  roles: ['owner'],
  output: jobSchema,
  errors: ['CONFLICT'],
  idempotent: true,
  rateClass: 'export',
  mutates: true,
  location: jobLocation,
  run: (ctx) => startJob(ctx, { kind: 'workspace.export', input: {}, singleKey: 'workspace.export', cancelable: true }),
});

// A key would make a leaked secret enough to destroy everything.
function checkIsPerson(ctx: OperationContext): void {
  if (ctx.actor.kind === 'person') return;
  throw new WapingError('FORBIDDEN', 'only an owner who is signed in may erase a workspace', {
    details: [{ param: 'role', message: 'needs one of: owner' }],
  });
}

export const eraseWorkspace = defineOperation({
  id: 'workspace.erase',
  tag: 'Workspace',
  summary: 'Erase the workspace',
  description:
    'For an owner who is signed in; keys are refused. Keys and invitations stop at once, the devices are unlinked from their phones, then everything goes, the workspace and people who belong to no other last. It cannot be taken back. The operator keeps the workspace’s id, when it went and how many rows it had.',
  http: { method: 'POST', path: '/v1/workspace/erase', status: 202 },
  scope: 'workspace:erase',
  roles: ['owner'],
  body: z
    .strictObject({
      confirm: z
        .string()
        .max(200)
        .meta({ description: 'The name of the workspace, typed out.', examples: ['Example Ltd'] }),
    })
    .meta({ id: 'EraseWorkspace' }),
  output: jobSchema,
  errors: ['CONFLICT'],
  idempotent: true,
  mutates: true,
  location: jobLocation,
  async run(ctx, input) {
    checkIsPerson(ctx);
    const workspaceId = ctx.workspace.id;
    const workspace = await lockDoomed(ctx.tx, workspaceId);
    if (workspace?.name !== input.confirm.trim()) {
      throw new WapingError('VALIDATION_ERROR', 'confirm: is not the name of this workspace', { param: 'confirm' });
    }
    await markErasing(ctx.tx, workspaceId);
    await revokeAllKeys(ctx.tx, workspaceId);
    await closeInvitations(ctx.tx, workspaceId);
    await unlinkDevices(ctx.tx, { workspaceId, now: ctx.now });
    ctx.afterCommit(() => {
      ctx.wake.limits(workspaceId);
      ctx.wake.devices();
      ctx.wake.events();
    });
    return startJob(ctx, { kind: 'workspace.erase', input: {}, singleKey: 'workspace.erase', cancelable: false });
  },
});
