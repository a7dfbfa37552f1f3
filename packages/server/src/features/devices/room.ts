import type { Limits, OperationContext } from '../../operations/context.ts';
import { WapingError } from '../../platform/errors.ts';
import { lockLimits } from '../plans/index.ts';
import { countDevices } from './store.ts';

function full(limits: Limits, used: number): WapingError {
  const remove = used - limits.devices;
  const over = remove > 0 ? `; ${used} exist: delete ${remove} to be within it` : '';
  return new WapingError('QUOTA_EXCEEDED', 'the plan allows no more devices', {
    details: [{ param: 'plan', message: `the plan ${limits.plan} allows ${limits.devices} devices${over}` }],
  });
}

/** Throws QUOTA_EXCEEDED unless the plan has room for one more. The workspace stays locked: of parallel calls, each counts. */
export async function requireDeviceRoom(ctx: OperationContext): Promise<void> {
  const limits = await lockLimits(ctx.tx, ctx.live.plans, ctx.workspace.id);
  const used = await countDevices(ctx.tx, ctx.workspace.id);
  if (used >= limits.devices) throw full(limits, used);
}

/** Throws QUOTA_EXCEEDED where a downgrade left more devices than the plan allows: those linked stay, none is linked. */
export async function requireWithinDevices(ctx: OperationContext): Promise<void> {
  const used = await countDevices(ctx.tx, ctx.workspace.id);
  if (used > ctx.limits.devices) throw full(ctx.limits, used);
}
