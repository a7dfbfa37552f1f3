import type { OperationContext, SandboxControl } from '../../operations/context.ts';
import { WapingError } from '../../platform/errors.ts';
import { findPhone, type PhoneRow } from './store.ts';

/** The sandbox's control plane; NOT_FOUND where the operator switched the sandbox off. */
export function requireSandbox(ctx: OperationContext): SandboxControl {
  if (ctx.live.sandbox) return ctx.live.sandbox;
  throw new WapingError('NOT_FOUND', 'the sandbox is switched off on this server');
}

/** A simulated phone of this workspace: another workspace's phone does not exist here. */
export async function requirePhone(ctx: OperationContext, phone: string): Promise<PhoneRow> {
  const row = await findPhone(ctx.tx, ctx.workspace.id, phone);
  if (!row) throw new WapingError('NOT_FOUND', 'no such simulated phone', { param: 'phone' });
  return row;
}
