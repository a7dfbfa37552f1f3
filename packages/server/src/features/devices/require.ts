import type { OperationContext } from '../../operations/context.ts';
import { WapingError } from '../../platform/errors.ts';
import { type DeviceRow, findDevice } from './store.ts';

/** The device of this workspace, or NOT_FOUND: another workspace's device does not exist here. */
export async function requireDevice(ctx: OperationContext, deviceId: string): Promise<DeviceRow> {
  const row = await findDevice(ctx.tx, ctx.workspace.id, deviceId);
  if (!row) throw new WapingError('NOT_FOUND', 'no such device', { param: 'deviceId' });
  return row;
}
