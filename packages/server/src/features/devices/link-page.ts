import { createHash, randomBytes } from 'node:crypto';
import { z } from 'zod';
import { defineOperation } from '../../operations/define.ts';
import { isoOrNull, pathId, shownId, timeField } from '../../operations/fields.ts';
import { WapingError } from '../../platform/errors.ts';
import { newId } from '../../platform/ids.ts';
import { findLinkPage, forgetLinkPages, insertLinkPage, type LinkPageRow, revokeLinkPages } from './link-page-store.ts';
import { requireDevice } from './require.ts';
import { requireWithinDevices } from './room.ts';

const TOKEN_BYTES = 32;
const MIN_SECONDS = 600;
const MAX_SECONDS = 24 * 3_600;

/** What is kept of a page's secrets: random enough that no slow hash is needed. */
export const hashSecret = (secret: string): Buffer => createHash('sha256').update(secret).digest();

const linkPageSchema = z
  .object({
    id: shownId('lnk', 'Id of the page.'),
    deviceId: shownId('dev', 'The device that is linked with it.'),
    status: z.enum(['open', 'used', 'revoked', 'expired']).meta({
      description: '`used`: the device was linked with it. Only an `open` page works.',
      examples: ['open'],
    }),
    openedAt: timeField.nullable().meta({ description: 'When a browser opened it; from then on no other can.' }),
    expiresAt: timeField.meta({ description: 'When it stops working.' }),
    createdAt: timeField,
  })
  .meta({ id: 'LinkPage' });

function statusOf(row: LinkPageRow, now: Date): z.output<typeof linkPageSchema>['status'] {
  if (row.used_at) return 'used';
  if (row.revoked_at) return 'revoked';
  return row.expires_at <= now ? 'expired' : 'open';
}

const toLinkPage = (row: LinkPageRow, now: Date): z.output<typeof linkPageSchema> => ({
  id: row.id,
  deviceId: row.device_id,
  status: statusOf(row, now),
  openedAt: isoOrNull(row.opened_at),
  expiresAt: row.expires_at.toISOString(),
  createdAt: row.created_at.toISOString(),
});

const params = z.strictObject({ deviceId: pathId('dev', 'The device.') });
const base = {
  tag: 'Devices',
  scope: 'devices:write',
  roles: ['owner', 'admin'],
  perDevice: true,
  params,
} as const;
const path = '/v1/devices/{deviceId}/link-page';

export const createLinkPage = defineOperation({
  ...base,
  id: 'devices.createLinkPage',
  summary: 'Make a hosted link page',
  description:
    'Answers the address of a page where a customer without an account scans the QR code or asks for a pairing code, on a computer or a phone. It works for one link, in the first browser that opens it, until it expires or is revoked; a new page of a device revokes the one before. Of a device that is linked already it says so. The address is shown once: only a hash of its secret is kept, and a repeated Idempotency-Key answers `url: null`.',
  http: { method: 'POST', path, status: 201 },
  body: z
    .strictObject({
      expiresIn: z
        .number()
        .int()
        .min(MIN_SECONDS)
        .max(MAX_SECONDS)
        .default(3_600)
        .meta({ description: 'Seconds until it stops working: 10 minutes to 24 hours.', examples: [3600] }),
    })
    .meta({ id: 'CreateLinkPage' }),
  output: linkPageSchema
    .extend({
      url: z
        .string()
        .nullable()
        .meta({ description: 'Send this to the customer alone: whoever opens it first can link a phone.' }),
    })
    .meta({ id: 'NewLinkPage' }),
  errors: ['QUOTA_EXCEEDED', 'NOT_FOUND'],
  idempotent: true,
  mutates: true,
  replayed: (page) => ({ ...page, url: null }),
  async run(ctx, input) {
    const device = await requireDevice(ctx, input.deviceId);
    if (device.network === 'whatsapp') await requireWithinDevices(ctx);
    const workspaceId = ctx.workspace.id;
    await revokeLinkPages(ctx.tx, workspaceId, device.id);
    await forgetLinkPages(ctx.tx, workspaceId, device.id);
    const token = randomBytes(TOKEN_BYTES).toString('base64url');
    const row = await insertLinkPage(ctx.tx, {
      id: newId('lnk'),
      workspaceId,
      deviceId: device.id,
      tokenHash: hashSecret(token),
      expiresAt: new Date(ctx.now.getTime() + input.expiresIn * 1000),
    });
    ctx.audit({ after: { linkPageId: row.id, expiresAt: row.expires_at.toISOString() } });
    return { ...toLinkPage(row, ctx.now), url: `${ctx.publicUrl}/link/${token}` };
  },
});

export const getLinkPage = defineOperation({
  ...base,
  id: 'devices.getLinkPage',
  summary: 'Get the hosted link page of a device',
  description: 'The newest one, without its address.',
  http: { method: 'GET', path, status: 200 },
  output: linkPageSchema,
  errors: ['NOT_FOUND'],
  mutates: false,
  async run(ctx, input) {
    const device = await requireDevice(ctx, input.deviceId);
    const row = await findLinkPage(ctx.tx, ctx.workspace.id, device.id);
    if (!row) throw new WapingError('NOT_FOUND', 'the device has no link page', { param: 'deviceId' });
    return toLinkPage(row, ctx.now);
  },
});

export const revokeLinkPage = defineOperation({
  ...base,
  id: 'devices.revokeLinkPage',
  summary: 'Revoke the hosted link page of a device',
  description:
    'It stops working at once, in a browser that has it open too. A link it has begun goes on: unlink ends it. Without a page that works nothing changes.',
  http: { method: 'DELETE', path, status: 204 },
  output: z.null(),
  errors: ['NOT_FOUND'],
  mutates: true,
  async run(ctx, input) {
    const device = await requireDevice(ctx, input.deviceId);
    await revokeLinkPages(ctx.tx, ctx.workspace.id, device.id);
    return null;
  },
});
