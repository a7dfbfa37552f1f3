import { z } from 'zod';
import type { SessionHealth } from '../../engine/port.ts';
import { defineOperation } from '../../operations/define.ts';
import { isoOrNull, pathId, timeField } from '../../operations/fields.ts';
import { coldBudget, pacingOf, warmUpEnd } from './pacing.ts';
import { requireDevice } from './require.ts';
import { type DeviceResource, stateField, toDevice } from './schemas.ts';
import type { DeviceRow } from './store.ts';

// WhatsApp answers a keep-alive every half minute; a session silent for three of them is suspect.
const SILENT_MS = 90_000;
const SLOW_PING_MS = 5_000;

const healthSchema = z
  .object({
    state: stateField,
    healthy: z.boolean().meta({ description: 'Whether it is well.', examples: [true] }),
    reasons: z.array(z.string()).meta({ description: 'What keeps it from being healthy; empty when it is.' }),
    connectedAt: timeField.nullable().meta({ description: 'Since when this connection stands.' }),
    lastFrameAt: timeField.nullable().meta({ description: 'When WhatsApp last sent anything.' }),
    lastReceiptAt: timeField.nullable().meta({ description: 'When the last receipt for a sent message came.' }),
    pingMs: z
      .number()
      .nullable()
      .meta({ description: 'Last round trip in milliseconds.', examples: [42] }),
    pacing: z
      .object({
        enabled: z.boolean().meta({ description: 'Whether its sends are paced.', examples: [true] }),
        coldChatsUsed: z
          .number()
          .int()
          .meta({ description: 'People it wrote to today (UTC) who never wrote to it.', examples: [12] }),
        coldChatsAllowed: z
          .number()
          .int()
          .nullable()
          .meta({ description: 'How many it may today; null: not limited.', examples: [100] }),
        warmUpUntil: timeField.nullable().meta({ description: 'When its warm-up ends; null: it is over.' }),
      })
      .meta({ description: 'What is used of its budget of cold chats.' }),
  })
  .meta({ id: 'DeviceHealth' });

function judge(device: DeviceResource, live: SessionHealth | null, now: Date): string[] {
  if (device.state !== 'connected') return [`${device.state}: ${device.stateReason}`];
  if (!live) return ['held by another node'];
  const reasons: string[] = [];
  if (live.lastFrameAt !== undefined && now.getTime() - live.lastFrameAt > SILENT_MS) reasons.push('no frame for 90 s');
  if (live.pingMs !== undefined && live.pingMs > SLOW_PING_MS) reasons.push('slow round trip');
  return reasons;
}

function paceOf(row: DeviceRow, isOff: boolean, now: Date) {
  const pacing = pacingOf(row);
  const enabled = pacing.enabled && !(isOff && row.network === 'whatsapp');
  const day = now.toISOString().slice(0, 10);
  return {
    enabled,
    coldChatsUsed: row.cold_day === day ? row.cold_used : 0,
    coldChatsAllowed: enabled ? coldBudget(pacing, row.linked_at, now) : null,
    warmUpUntil: enabled ? isoOrNull(warmUpEnd(pacing, row.linked_at, now)) : null,
  };
}

const iso = (ms: number | undefined) => (ms === undefined ? null : new Date(ms).toISOString());

export const getHealth = defineOperation({
  id: 'devices.health',
  tag: 'Devices',
  summary: 'Is this device well?',
  description: 'Measured signs of life, not the last known state.',
  http: { method: 'GET', path: '/v1/devices/{deviceId}/health', status: 200 },
  scope: 'devices:read',
  roles: ['owner', 'admin', 'agent', 'viewer'],
  perDevice: true,
  params: z.strictObject({ deviceId: pathId('dev', 'The device.') }),
  output: healthSchema,
  errors: ['NOT_FOUND'],
  mutates: false,
  async run(ctx, input) {
    const row = await requireDevice(ctx, input.deviceId);
    const device = toDevice(row);
    const live = await ctx.live.deviceHealth(device.id);
    const reasons = judge(device, live, ctx.now);
    return {
      state: device.state,
      healthy: reasons.length === 0,
      reasons,
      connectedAt: iso(live?.connectedAt),
      lastFrameAt: iso(live?.lastFrameAt),
      lastReceiptAt: iso(live?.lastReceiptAt),
      pingMs: live?.pingMs ?? null,
      pacing: paceOf(row, ctx.live.pacingOff, ctx.now),
    };
  },
});
