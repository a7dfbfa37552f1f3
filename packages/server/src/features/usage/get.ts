import { z } from 'zod';
import type { Limits } from '../../operations/context.ts';
import { defineOperation } from '../../operations/define.ts';
import { WapingError } from '../../platform/errors.ts';
import { countDevices } from '../devices/index.ts';
import { dayOf, monthEnd, monthOf } from './months.ts';
import { usageSchema } from './schemas.ts';
import { type CountRow, DIMENSIONS, type Dimension, listCounts, MAX_COUNTS, monthlySent } from './store.ts';

const MAX_DAYS = 92;
const DAY_MS = 24 * 3600_000;

const dayField = (description: string) =>
  z.iso
    .date()
    .optional()
    .meta({ description, examples: ['2026-11-01'] });

const isDimension = (word: string): word is Dimension => DIMENSIONS.some((one) => one === word);

function period(input: { from?: string | undefined; to?: string | undefined }, now: Date) {
  const to = input.to ?? dayOf(now);
  const from = input.from ?? `${to.slice(0, 7)}-01`;
  const days = (Date.parse(to) - Date.parse(from)) / DAY_MS + 1;
  if (days < 1) throw new WapingError('VALIDATION_ERROR', 'from: lies after to', { param: 'from' });
  if (days > MAX_DAYS) {
    throw new WapingError('VALIDATION_ERROR', `from: more than ${MAX_DAYS} days before to`, { param: 'from' });
  }
  return { from, to };
}

function dimensions(list: string): Dimension[] {
  const words = list.split(',').filter((word) => word !== '');
  const bad = words.find((word) => !isDimension(word));
  if (bad === undefined) return words.filter(isDimension);
  throw new WapingError('VALIDATION_ERROR', `groupBy: takes ${DIMENSIONS.join(', ')}, not ${bad}`, {
    param: 'groupBy',
  });
}

/** What stands against a limit. */
export const left = (used: number, limit: number): number => Math.max(0, limit - used);

function overLimit(limits: Limits, used: { devices: number; sent: number }) {
  const devices = used.devices - limits.devices;
  const sent = used.sent - limits.outboundPerMonth;
  const more = 'or ask the operator for a larger plan.';
  return [
    ...(devices > 0
      ? [{ resource: 'devices' as const, excess: devices, hint: `Delete ${devices} of your devices, ${more}` }]
      : []),
    ...(sent > 0
      ? [{ resource: 'outbound' as const, excess: sent, hint: `Sending goes on with the next month; wait, ${more}` }]
      : []),
  ];
}

const toCount = (row: CountRow) => ({
  day: row.day ?? null,
  deviceId: row.device_id ?? null,
  network: row.network ?? null,
  direction: row.direction,
  kind: row.kind ?? null,
  count: row.count,
});

export const getUsage = defineOperation({
  id: 'usage.get',
  tag: 'Usage',
  summary: 'See usage and limits',
  description:
    'The current month against the plan, and counts by day, device and kind. Quotas go by the calendar month of UTC; devices of network `sandbox` and what they send are free.',
  http: { method: 'GET', path: '/v1/usage', status: 200 },
  scope: 'usage:read',
  roles: ['owner', 'admin', 'agent', 'viewer'],
  query: z.strictObject({
    from: dayField('First day of the counts; the first of the month of `to` by default. At most 92 days.'),
    to: dayField('Last day of the counts; today by default.'),
    deviceId: z.string().max(64).optional().meta({ description: 'Only counts of this device.' }),
    groupBy: z
      .string()
      .max(50)
      .default(DIMENSIONS.join(','))
      .meta({ description: 'Any of `day`, `device`, `kind`, separated by commas.', examples: ['day,kind'] }),
  }),
  output: usageSchema,
  errors: [],
  mutates: false,
  async run(ctx, input) {
    const range = period(input, ctx.now);
    const by = dimensions(input.groupBy);
    const workspaceId = ctx.workspace.id;
    const [sent, devices, rows] = await Promise.all([
      monthlySent(ctx.tx, workspaceId, monthOf(ctx.now)),
      countDevices(ctx.tx, workspaceId),
      listCounts(ctx.tx, { workspaceId, ...range, deviceId: input.deviceId ?? null, by }),
    ]);
    if (rows.length > MAX_COUNTS) {
      const message = `more than ${MAX_COUNTS} counts: shorten the period, name a deviceId or group by less`;
      throw new WapingError('VALIDATION_ERROR', message, { param: 'from' });
    }
    const { plan, outboundPerMonth, devices: deviceLimit } = ctx.limits;
    return {
      plan,
      month: monthOf(ctx.now).slice(0, 7),
      resetsAt: monthEnd(ctx.now).toISOString(),
      outbound: { sent, limit: outboundPerMonth, remaining: left(sent, outboundPerMonth) },
      devices: { used: devices, limit: deviceLimit, remaining: left(devices, deviceLimit) },
      overLimit: overLimit(ctx.limits, { devices, sent }),
      ...range,
      data: rows.map(toCount),
    };
  },
});
