import { type ErrorDetail, WapingError } from '../platform/errors.ts';
import { type Actor, devicesOf, type Limits } from './context.ts';
import type { Operation } from './define.ts';

/** Who calls, and what their workspace may do. */
export interface Asker {
  actor: Actor;
  limits: Limits;
}

/** Why somebody may not: `param` says which of plan, scope, role, device list … it is. */
type Refusal = ErrorDetail & { headline: string };

/** Whether a list of scopes grants one: exact, `resource:*` or `*`. */
export function grants(scopes: readonly string[], needed: string): boolean {
  const resource = needed.slice(0, needed.indexOf(':'));
  return scopes.some((scope) => scope === needed || scope === '*' || scope === `${resource}:*`);
}

/** Whether the workspace itself may be used, whatever the caller's rights. */
function ofWorkspace({ actor, limits }: Asker, operation: Operation): Refusal | null {
  const because = (param: string, message: string) => ({ param, message, headline: message });
  if (actor.kind === 'operator') return null;
  const open = actor.kind === 'person' && operation.whileSuspended;
  if (limits.suspended && !open) return because('workspace', 'workspace suspended');
  const noAccess = actor.kind === 'api_key' && !limits.apiAccess;
  return noAccess ? because('plan', `the plan ${limits.plan} has no API access`) : null;
}

/** Keys are held to their scopes, people to their role. */
function ofCaller(actor: Actor, operation: Operation): Refusal | null {
  if (actor.kind === 'person') {
    if (operation.roles.includes(actor.role)) return null;
    const message = `needs one of: ${operation.roles.join(', ')}`;
    return { param: 'role', message, headline: `your role, ${actor.role}, does not allow this` };
  }
  if (operation.everyKey || grants(actor.scopes, operation.scope)) return null;
  const message = `needs ${operation.scope}`;
  return { param: 'scope', message, headline: `this key lacks the scope ${operation.scope}` };
}

function ofDevices(actor: Actor, operation: Operation): Refusal | null {
  if (devicesOf(actor) === null || operation.perDevice) return null;
  const message = 'is for the whole workspace; this key is limited to devices';
  return { param: 'deviceList', message, headline: `${operation.id} ${message}` };
}

function ofPlan({ limits }: Asker, operation: Operation): Refusal | null {
  if (!operation.needsApiAccess || limits.apiAccess) return null;
  const message = `the plan ${limits.plan} has no API access`;
  return { param: 'plan', message, headline: message };
}

/** What keeps a caller from an operation of workspaces, whatever the input; null when nothing does. */
export function refusalOf(operation: Operation, asker: Asker): Refusal | null {
  return (
    ofWorkspace(asker, operation) ??
    ofCaller(asker.actor, operation) ??
    ofDevices(asker.actor, operation) ??
    ofPlan(asker, operation)
  );
}

/** Throws UNAUTHORIZED to the wrong audience, FORBIDDEN with the reason to who may not call. */
export function checkAccess(operation: Operation, asker: Asker): void {
  // The operator's operations are the operator's alone, and nothing of a workspace is.
  if ((asker.actor.kind === 'operator') !== (operation.audience === 'operator')) {
    throw new WapingError('UNAUTHORIZED', 'this key is not for this operation', { param: 'Authorization' });
  }
  const refusal = refusalOf(operation, asker);
  if (!refusal) return;
  const { param, message, headline } = refusal;
  throw new WapingError('FORBIDDEN', headline, { details: [{ param, message }] });
}
