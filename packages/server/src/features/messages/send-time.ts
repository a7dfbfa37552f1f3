import { WapingError } from '../../platform/errors.ts';
import { DEFAULT_VALID_SECONDS } from './status.ts';

/** How far ahead a message may be scheduled. */
const MAX_AHEAD_MS = 366 * 24 * 3600_000;
/** Clocks differ, and requests travel: what lies this little in the past was meant for now. */
const SLACK_MS = 60_000;

/**
 * When a message is to go (null: at once) and until when it may wait after that. Throws VALIDATION_ERROR on a time that
 * has passed or lies more than a year ahead.
 */
export function sendTime(
  now: Date,
  wish: { sendAt?: string | undefined; validFor?: number | undefined },
): { sendAt: Date | null; validUntil: Date } {
  const asked = wish.sendAt === undefined ? now : new Date(wish.sendAt);
  const ahead = asked.getTime() - now.getTime();
  const refused = ahead < -SLACK_MS ? 'lies in the past' : ahead > MAX_AHEAD_MS ? 'lies more than a year ahead' : null;
  if (refused) throw new WapingError('VALIDATION_ERROR', `sendAt: ${refused}`, { param: 'sendAt' });
  const from = Math.max(asked.getTime(), now.getTime());
  const validUntil = new Date(from + (wish.validFor ?? DEFAULT_VALID_SECONDS) * 1000);
  return { sendAt: ahead > 0 ? asked : null, validUntil };
}
