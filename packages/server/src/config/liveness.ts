import { z } from 'zod';

/** The names of `WAPING_LIVENESS`, each with the setting it stands for. */
const NAMES = {
  check: 'checkMs',
  silent: 'silentMs',
  ping: 'pingMs',
  ack: 'ackMs',
  receipts: 'receiptsMs',
  receiptSends: 'receiptSends',
  quiet: 'quietMs',
  restarts: 'restarts',
  health: 'healthMs',
  open: 'openMs',
} as const;

type Name = keyof typeof NAMES;
/** What an operator sets of how deaf sessions are found; times are milliseconds. */
export type Liveness = Partial<Record<(typeof NAMES)[Name], number>>;

const isName = (name: string): name is Name => Object.hasOwn(NAMES, name);
const COUNTS: ReadonlySet<Name> = new Set(['receiptSends', 'restarts']);
const MAX_COUNT = 1_000;
/** A day: `quiet` is as long as anything here. */
const MAX_MS = 24 * 3600_000;

const whole = /^\d{1,9}$/;

/** `silent=45000,ack=25000`: milliseconds of each time named, or a count. */
export const livenessList = z.string().transform((text, ctx): Liveness => {
  const found: Liveness = {};
  for (const pair of text.split(',')) {
    const [name = '', value = ''] = pair.trim().split('=');
    const number = Number(value);
    const isGiven =
      isName(name) && whole.test(value) && number > 0 && number <= (COUNTS.has(name) ? MAX_COUNT : MAX_MS);
    if (isGiven && found[NAMES[name]] === undefined) found[NAMES[name]] = number;
    else ctx.addIssue({ code: 'custom', message: 'names a time that is none, or one twice' });
  }
  return found;
});
