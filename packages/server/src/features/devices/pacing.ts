import { z } from 'zod';
import { WapingError } from '../../platform/errors.ts';

const DAY_MS = 24 * 3600_000;
/** Cold chats on the first day of a newly linked device. */
const FIRST_DAY = 10;
const CLOCK = /^([01]\d|2[0-3]):[0-5]\d$/;

const clock = z.string().regex(CLOCK, { message: 'must be a time of day such as 21:00' });
const seconds = z.number().min(0).max(3600);

const quietHours = z
  .strictObject({
    from: clock.meta({ description: 'When they begin.', examples: ['21:00'] }),
    to: clock.meta({ description: 'When they end.', examples: ['08:00'] }),
  })
  .refine(({ from, to }) => from !== to, { message: 'from and to are the same' });

/** How a device is paced, whole. */
export const pacingSchema = z
  .object({
    enabled: z.boolean().meta({ description: 'Whether it is paced at all.', examples: [true] }),
    chatGapSeconds: seconds.meta({ description: 'Least time between two messages in one chat.', examples: [1] }),
    gapSeconds: seconds.meta({
      description: 'Least time between two messages of the device; up to half of it is added by chance.',
      examples: [3],
    }),
    coldChatsPerDay: z
      .number()
      .int()
      .min(0)
      .max(10_000)
      .meta({ description: 'People it may write to in a day (UTC) who never wrote to it.', examples: [100] }),
    warmUpDays: z
      .number()
      .int()
      .min(0)
      .max(365)
      .meta({ description: 'Days over which that number grows after linking.', examples: [14] }),
    quietHours: quietHours.meta({ description: 'When `bulk` waits, by the recipient’s clock.' }),
  })
  .meta({ id: 'Pacing' });

export type Pacing = z.output<typeof pacingSchema>;

/** What a caller may set of it. */
export const pacingBody = z
  .strictObject(pacingSchema.partial().shape)
  .meta({ id: 'PacingChange', examples: [{ gapSeconds: 5, coldChatsPerDay: 50 }] });

export type PacingChange = z.output<typeof pacingBody>;

export const DEFAULT_PACING: Pacing = {
  enabled: true,
  chatGapSeconds: 1,
  gapSeconds: 3,
  coldChatsPerDay: 100,
  warmUpDays: 14,
  quietHours: { from: '21:00', to: '08:00' },
};

/** How far it can be relaxed on WhatsApp. Numbers that send faster are the ones that get restricted. */
const FLOOR = { chatGapSeconds: 1, gapSeconds: 2, coldChatsPerDay: 250, warmUpDays: 7 };
const NIGHT = { from: '22:00', to: '07:00' };

/** How a device is paced: what it was given, over the defaults. Sandbox devices are paced only where they were told to be. */
export function pacingOf(device: { network: string; pacing: unknown }): Pacing {
  if (device.pacing === null) return { ...DEFAULT_PACING, enabled: device.network === 'whatsapp' };
  return pacingSchema.parse({ ...DEFAULT_PACING, ...Object(device.pacing) });
}

/** Minutes after midnight. */
export const minutesOf = (time: string): number => Number(time.slice(0, 2)) * 60 + Number(time.slice(3));

const isWithin = (minute: number, { from, to }: Pacing['quietHours']): boolean => {
  const [start, end] = [minutesOf(from), minutesOf(to)];
  return start < end ? minute >= start && minute < end : minute >= start || minute < end;
};

function coversNight(hours: Pacing['quietHours']): boolean {
  for (let minute = minutesOf(NIGHT.from); minute < minutesOf(NIGHT.to) + 24 * 60; minute += 1) {
    if (!isWithin(minute % (24 * 60), hours)) return false;
  }
  return true;
}

function below(pacing: Pacing): [string, string] | null {
  if (!pacing.enabled) return ['enabled', 'stays on for devices of network whatsapp'];
  if (pacing.chatGapSeconds < FLOOR.chatGapSeconds) return ['chatGapSeconds', `at least ${FLOOR.chatGapSeconds}`];
  if (pacing.gapSeconds < FLOOR.gapSeconds) return ['gapSeconds', `at least ${FLOOR.gapSeconds}`];
  if (pacing.coldChatsPerDay > FLOOR.coldChatsPerDay) return ['coldChatsPerDay', `at most ${FLOOR.coldChatsPerDay}`];
  if (pacing.warmUpDays < FLOOR.warmUpDays) return ['warmUpDays', `at least ${FLOOR.warmUpDays}`];
  if (!coversNight(pacing.quietHours)) return ['quietHours', `hold at least from ${NIGHT.from} to ${NIGHT.to}`];
  return null;
}

/** Throws VALIDATION_ERROR, naming the field, where a device of network `whatsapp` would be paced too little. */
export function checkFloor(device: { network: string; pacing: unknown }): void {
  const fault = device.network === 'whatsapp' ? below(pacingOf(device)) : null;
  if (!fault) return;
  const param = `pacing.${fault[0]}`;
  throw new WapingError('VALIDATION_ERROR', `${param}: ${fault[1]}`, { param });
}

/** How many cold chats a device may open today: it grows by the day after linking. */
export function coldBudget(pacing: Pacing, linkedAt: Date | null, now: Date): number {
  const days = linkedAt === null ? 0 : Math.max(0, Math.floor((now.getTime() - linkedAt.getTime()) / DAY_MS));
  const { coldChatsPerDay: full, warmUpDays } = pacing;
  if (days >= warmUpDays) return full;
  return Math.min(full, Math.max(FIRST_DAY, Math.floor((full * (days + 1)) / (warmUpDays + 1))));
}

/** When the warm-up of a device ends; null when it is over. */
export function warmUpEnd(pacing: Pacing, linkedAt: Date | null, now: Date): Date | null {
  if (linkedAt === null) return null;
  const end = new Date(linkedAt.getTime() + pacing.warmUpDays * DAY_MS);
  return end > now ? end : null;
}
