import type { Actor } from '../../operations/context.ts';
import type { Role } from '../../operations/define.ts';
import { WapingError } from '../../platform/errors.ts';

/** Only an owner makes, changes or removes an owner. A key, which has no role, counts as an admin here. */
export function checkMayManage(actor: Actor, roles: readonly Role[]): void {
  if (!roles.includes('owner') || (actor.kind === 'person' && actor.role === 'owner')) return;
  throw new WapingError('FORBIDDEN', 'only an owner may do this to an owner', {
    details: [{ param: 'role', message: 'needs one of: owner' }],
  });
}

/** A workspace without an owner could not be managed any more. `owners` are locked. */
export function checkKeepsOwner(owners: readonly string[], leaving: string): void {
  if (!owners.includes(leaving) || owners.length > 1) return;
  throw new WapingError('CONFLICT', 'this is the last owner; make someone else an owner first', { param: 'personId' });
}
