import { z } from 'zod';
import type { SessionHealth } from '../../engine/port.ts';
import { defineOperation } from '../../operations/define.ts';
import { isoOrNull, pathId, shownId, timeField } from '../../operations/fields.ts';
import { type GapRow, listGaps } from './gap-store.ts';
import { HEALTHY, type Health } from './health-score.ts';
import { type MeasuredRow, measureDevices } from './health-store.ts';
import { healthOf } from './keep-health.ts';
import { coldBudget, pacingOf, warmUpEnd } from './pacing.ts';
import { requireDevice } from './require.ts';
import { stateField, toDevice } from './schemas.ts';
import type { DeviceRow } from './store.ts';

/** What another node measured is good for this long. */
const FRESH_MS = 2 * 60_000;
const GAPS_SHOWN = 10;

export const gapSchema = z
  .object({
    id: shownId('gap', 'Id of the gap; events about it name it.'),
    from: timeField.meta({ description: 'Since when nothing could come.' }),
    to: timeField.nullable().meta({ description: 'When the connection was back; null: it is not.' }),
    reason: z.string().meta({ description: 'Why, as in `stateReason`.', examples: ['deaf'] }),
    status: z.enum(['open', 'filling', 'recovered', 'lost']).meta({
      description:
        '`filling`: WhatsApp sends what it kept; `recovered`: all of it came; `lost`: the device was unlinked first, or the end never came.',
      examples: ['recovered'],
    }),
    messagesRecovered: z
      .number()
      .int()
      .meta({ description: 'Messages that came late.', examples: [3] }),
  })
  .meta({ id: 'DeviceGap' });

const healthSchema = z
  .object({
    state: stateField,
    score: z
      .number()
      .int()
      .min(0)
      .max(100)
      .meta({ description: 'How well it is: 100 is perfect, 80 and more is healthy.', examples: [100] }),
    healthy: z.boolean().meta({ description: 'Whether it is well.', examples: [true] }),
    reasons: z
      .array(
        z.object({
          code: z.string().meta({ description: 'Stable; new ones may come.', examples: ['slow'] }),
          message: z.string().meta({ description: 'For people.', examples: ['slow round trip'] }),
          points: z
            .number()
            .int()
            .meta({ description: 'What it costs.', examples: [5] }),
        }),
      )
      .meta({ description: 'What keeps the score from 100; empty when nothing does.' }),
    connectedAt: timeField.nullable().meta({ description: 'Since when this connection stands.' }),
    lastFrameAt: timeField.nullable().meta({ description: 'When WhatsApp last sent anything.' }),
    lastReceiptAt: timeField.nullable().meta({ description: 'When the last receipt for a sent message came.' }),
    pingMs: z
      .number()
      .nullable()
      .meta({ description: 'Last round trip in milliseconds.', examples: [42] }),
    unacked: z
      .number()
      .int()
      .nullable()
      .meta({ description: 'Sends WhatsApp has not confirmed yet.', examples: [0] }),
    deafRestarts: z
      .number()
      .int()
      .nullable()
      .meta({ description: 'New connections made because nothing came, since anything last did.', examples: [0] }),
    gaps: z
      .array(gapSchema)
      .meta({ description: 'Its newest times in which nothing could come, newest first; at most ten.' }),
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

const toGap = (row: GapRow): z.output<typeof gapSchema> => ({
  id: row.id,
  from: row.from_at.toISOString(),
  to: isoOrNull(row.to_at),
  reason: row.reason,
  status: row.status,
  messagesRecovered: row.recovered,
});

/** What its owner last measured, where that is another node and not long ago. */
function measuredElsewhere(row: MeasuredRow, now: Date): SessionHealth | null {
  return row.measured_at !== null && now.getTime() - row.measured_at.getTime() < FRESH_MS ? row.live : null;
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

const GONE: Health = { score: 0, reasons: [] };

const iso = (ms: number | undefined) => (ms === undefined ? null : new Date(ms).toISOString());

export const getHealth = defineOperation({
  id: 'devices.health',
  tag: 'Devices',
  summary: 'Is this device well?',
  description:
    'Measured signs of life, not the last known state: a score of 0 to 100 with its reasons, and the gaps in which nothing could come.',
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
    const device = { workspaceId: row.workspace_id, deviceId: row.id };
    const [measured] = await measureDevices(ctx.tx, { workspaceId: row.workspace_id, ids: [row.id] });
    const own = await ctx.live.deviceHealth(row.id);
    const live = own ?? (measured ? measuredElsewhere(measured, ctx.now) : null);
    const { score, reasons } = measured ? healthOf(measured, live, ctx.now) : GONE;
    return {
      state: toDevice(row).state,
      score,
      healthy: score >= HEALTHY,
      reasons,
      connectedAt: iso(live?.connectedAt),
      lastFrameAt: iso(live?.lastFrameAt),
      lastReceiptAt: iso(live?.lastReceiptAt),
      pingMs: live?.pingMs ?? null,
      unacked: live?.unacked ?? null,
      deafRestarts: live?.deafRestarts ?? null,
      gaps: (await listGaps(ctx.tx, device, GAPS_SHOWN)).map(toGap),
      pacing: paceOf(row, ctx.live.pacingOff, ctx.now),
    };
  },
});
