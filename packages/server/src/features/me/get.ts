import { refusalOf } from '../../operations/access.ts';
import type { KeyActor, OperationContext, PersonActor } from '../../operations/context.ts';
import { defineOperation } from '../../operations/define.ts';
import { isoOrNull } from '../../operations/fields.ts';
import { WapingError } from '../../platform/errors.ts';
import { findKeyOf } from '../api-keys/index.ts';
import { type Me, meSchema } from './schemas.ts';
import { findPersonName, findWorkspaceName } from './store.ts';

async function ofKey(ctx: OperationContext, key: KeyActor): Promise<Me['actor']> {
  const row = await findKeyOf(ctx.tx, ctx.workspace.id, key.id);
  return {
    kind: 'api_key',
    id: key.id,
    name: row?.name ?? null,
    // What the call was judged by, which may be a second behind the row.
    scopes: [...key.scopes],
    deviceIds: key.devices && [...key.devices],
    allowedIps: key.ips && [...key.ips],
    expiresAt: isoOrNull(key.expiresAt),
  };
}

async function ofPerson(ctx: OperationContext, { id, role }: PersonActor): Promise<Me['actor']> {
  const person = await findPersonName(ctx.tx, ctx.workspace.id, id);
  return { kind: 'person', id, name: person?.name ?? null, email: person?.email ?? null, role };
}

async function whoCalls(ctx: OperationContext): Promise<Me['actor']> {
  if (ctx.actor.kind === 'api_key') return ofKey(ctx, ctx.actor);
  if (ctx.actor.kind === 'person') return ofPerson(ctx, ctx.actor);
  throw new WapingError('UNAUTHORIZED', 'the operator belongs to no workspace');
}

function mayCall(ctx: OperationContext): Me['operations'] {
  const { actor, limits } = ctx;
  return ctx.live.catalogue.operations
    .filter((operation) => operation.audience !== 'operator')
    .map((operation) => {
      const refusal = refusalOf(operation, { actor, limits });
      const { param: refusedBy = null, message: reason = null } = refusal ?? {};
      return { id: operation.id, allowed: refusal === null, refusedBy, reason };
    });
}

export const getMe = defineOperation({
  id: 'me.get',
  tag: 'API keys',
  summary: 'Who am I, and what may I do?',
  description:
    'For every key and person: the workspace and its plan, the rights of the caller, and each operation with the reason where it is refused. What depends on the input of a call (a device, a quota) shows when it is made.',
  http: { method: 'GET', path: '/v1/me', status: 200 },
  scope: 'me:read',
  roles: ['owner', 'admin', 'agent', 'viewer'],
  everyKey: true,
  perDevice: true,
  output: meSchema,
  errors: [],
  mutates: false,
  async run(ctx) {
    const [actor, name] = await Promise.all([whoCalls(ctx), findWorkspaceName(ctx.tx, ctx.workspace.id)]);
    const { plan, devices, outboundPerMonth, apiAccess } = ctx.limits;
    return {
      workspace: { id: ctx.workspace.id, name: name ?? '' },
      plan: { name: plan, devices, outboundPerMonth, apiAccess },
      actor,
      operations: mayCall(ctx),
    };
  },
});
