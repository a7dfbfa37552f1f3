import { z } from 'zod';
import type { Address } from '../../engine/port.ts';
import type { OperationContext } from '../../operations/context.ts';
import { askWhatsApp, requireListening } from '../devices/index.ts';
import type { FileInput } from '../media/index.ts';
import { withPicture } from './image.ts';
import { savePicturesSeen } from './record.ts';

export const pictureSchema = z
  .object({
    pictureId: z
      .string()
      .nullable()
      .meta({
        description: 'WhatsApp’s name of the picture, another one with every change; null: there is none.',
        examples: ['1732791600'],
      }),
  })
  .meta({ id: 'Picture' });

/** Errors of an image that is given to be a picture. */
export const IMAGE_ERRORS = ['PAYLOAD_TOO_LARGE', 'UNSUPPORTED_MEDIA_TYPE'] as const;

/** A picture to be changed: whose, and over which device. */
export interface Changing {
  deviceId: string;
  /** Null: the account's own. */
  of: Address | null;
}

/** Has WhatsApp take the image of a request as a picture. */
export async function uploadPicture(
  ctx: OperationContext,
  { deviceId, of }: Changing,
  input: FileInput,
): Promise<{ id: string | null }> {
  // Nothing is fetched for a device over which nothing can be changed.
  await requireListening(ctx, deviceId);
  return withPicture(ctx, input, (path) => askWhatsApp(ctx, deviceId, { name: 'changePicture', input: { of, path } }));
}

export function removePicture(ctx: OperationContext, { deviceId, of }: Changing): Promise<{ id: string | null }> {
  return askWhatsApp(ctx, deviceId, { name: 'changePicture', input: { of, path: null } });
}

/** Records the change WhatsApp took, unless it told of it itself meanwhile. */
export async function recordChange(
  ctx: OperationContext,
  { deviceId, groupId }: { deviceId: string; groupId: string | null },
  id: string | null,
): Promise<z.output<typeof pictureSchema>> {
  const picture = { contactId: null, groupId, waId: id, seenAt: ctx.now };
  await savePicturesSeen(ctx.tx, [{ workspaceId: ctx.workspace.id, deviceId, ...picture }]);
  ctx.audit({ after: { changed: ['picture'], pictureId: id } });
  ctx.afterCommit(() => ctx.wake.events());
  return { pictureId: id };
}
