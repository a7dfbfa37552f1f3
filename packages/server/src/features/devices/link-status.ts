import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { OperationContext } from '../../operations/context.ts';
import { defineOperation, RawReply } from '../../operations/define.ts';
import { isoOrNull, pathId, timeField } from '../../operations/fields.ts';
import { WapingError } from '../../platform/errors.ts';
import { linkContext } from './apply-facts.ts';
import { findLink, type LinkRow } from './link-store.ts';
import { qrPng, qrSvg } from './qr-image.ts';
import { requireDevice } from './require.ts';
import { linkSchema, toDevice } from './schemas.ts';
import type { DeviceRow } from './store.ts';

const WAIT_MS = 10_000;
const POLL_MS = 100;

type Link = z.output<typeof linkSchema>;

async function current(ctx: OperationContext, device: DeviceRow, link: LinkRow): Promise<Link> {
  const live = link.secret_sealed !== null && link.expires_at !== null && link.expires_at > new Date();
  const secret = live && link.secret_sealed ? await ctx.secrets.open(link.secret_sealed, linkContext(device.id)) : null;
  const { state, stateReason } = toDevice(device);
  return {
    deviceId: device.id,
    method: link.method,
    state,
    stateReason,
    qr: link.method === 'qr' ? secret : null,
    code: link.method === 'code' ? secret : null,
    expiresAt: live ? isoOrNull(link.expires_at) : null,
    deadline: link.deadline.toISOString(),
  };
}

/** Waits, within bounds, until the network gave a QR or a code. CONFLICT when the device is not linking. */
async function awaitSecret(ctx: OperationContext, deviceId: string): Promise<Link> {
  const until = Date.now() + WAIT_MS;
  for (;;) {
    const device = await requireDevice(ctx, deviceId);
    const link = device.state === 'linking' ? await findLink(ctx.tx, ctx.workspace.id, deviceId) : null;
    if (!link) {
      throw new WapingError('CONFLICT', `the device is not linking: it is ${device.state} (${device.state_reason})`, {
        param: 'deviceId',
        details: [{ param: 'deviceId', message: 'start with POST /v1/devices/{deviceId}/link' }],
      });
    }
    const found = await current(ctx, device, link);
    if (found.qr !== null || found.code !== null) return found;
    if (Date.now() > until) {
      throw new WapingError('SERVICE_UNAVAILABLE', 'WhatsApp gave no code to show yet', { retryAfter: 2 });
    }
    await sleep(POLL_MS);
  }
}

const params = z.strictObject({ deviceId: pathId('dev', 'The device.') });

export const getLink = defineOperation({
  id: 'devices.getLink',
  tag: 'Devices',
  summary: 'Get the QR text or pairing code of a link in progress',
  http: { method: 'GET', path: '/v1/devices/{deviceId}/link', status: 200 },
  scope: 'devices:write',
  roles: ['owner', 'admin'],
  perDevice: true,
  params,
  output: linkSchema,
  errors: ['NOT_FOUND', 'CONFLICT', 'SERVICE_UNAVAILABLE'],
  mutates: false,
  run: (ctx, input) => awaitSecret(ctx, input.deviceId),
});

export const getQr = defineOperation({
  id: 'devices.qr',
  tag: 'Devices',
  summary: 'Get the QR code to scan now',
  description: 'As JSON, PNG or SVG: by `?format=` or the Accept header. Ask again at `expiresAt`: it changes.',
  http: { method: 'GET', path: '/v1/devices/{deviceId}/qr', status: 200 },
  scope: 'devices:write',
  roles: ['owner', 'admin'],
  perDevice: true,
  params,
  query: z.strictObject({
    format: z.enum(['json', 'png', 'svg']).optional().meta({ description: 'Wins over the Accept header.' }),
  }),
  output: z
    .object({
      qr: z
        .string()
        .meta({ description: 'Text of the QR code. Whoever scans it can read the account: keep it private.' }),
      expiresAt: timeField.meta({ description: 'When to ask for the next one.' }),
    })
    .meta({ id: 'QrCode' }),
  produces: ['image/png', 'image/svg+xml'],
  errors: ['NOT_FOUND', 'CONFLICT', 'SERVICE_UNAVAILABLE'],
  mutates: false,
  async run(ctx, input) {
    const link = await awaitSecret(ctx, input.deviceId);
    if (link.qr === null || link.expiresAt === null) {
      throw new WapingError('CONFLICT', 'this link uses a pairing code, not a QR', { param: 'deviceId' });
    }
    if (input.format === 'png') return new RawReply('image/png', qrPng(link.qr));
    if (input.format === 'svg') return new RawReply('image/svg+xml', qrSvg(link.qr));
    return { qr: link.qr, expiresAt: link.expiresAt };
  },
});
