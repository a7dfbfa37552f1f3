import { z } from 'zod';
import { devicesOf, type OperationContext } from '../../operations/context.ts';
import { pathId } from '../../operations/fields.ts';
import { WapingError } from '../../platform/errors.ts';
import { requireDevice } from '../devices/index.ts';
import { findMedia, type MediaRow } from './store.ts';

export const mediaParams = z.strictObject({ mediaId: pathId('med', 'The media.') });

/** Media of the caller's workspace. Throws NOT_FOUND. */
export async function requireMedia(ctx: OperationContext, id: string): Promise<MediaRow> {
  const row = await findMedia(ctx.tx, ctx.workspace.id, id);
  if (!row) throw noMedia();
  return row;
}

export const noMedia = (): WapingError => new WapingError('NOT_FOUND', 'no such media', { param: 'mediaId' });

/**
 * The device new media belongs to; null: the workspace's. Throws NOT_FOUND, or VALIDATION_ERROR where a key limited to
 * devices names none: it could never see what it made.
 */
export async function ownerOf(ctx: OperationContext, deviceId: string | undefined): Promise<string | null> {
  if (deviceId !== undefined) return (await requireDevice(ctx, deviceId)).id;
  if (devicesOf(ctx.actor) === null) return null;
  throw new WapingError('VALIDATION_ERROR', 'deviceId: this key is limited to devices and must name one', {
    param: 'deviceId',
  });
}
