import { randomBytes } from 'node:crypto';

/** How ids of messages end that change another. Ordinary ones never do, so that a report tells which it is about. */
const ACTION = 'AC';
const ORDINARY = 'AD';

/**
 * A WhatsApp message id as WhatsApp Web makes them: `3EB0` and 18 hex digits. Chosen when the row is written, so that
 * every attempt of one message carries the same id and the receiving phone shows it once.
 */
export function newWaId(): string {
  const id = `3EB0${randomBytes(9).toString('hex').toUpperCase()}`;
  return isActionWaId(id) ? `${id.slice(0, -ACTION.length)}${ORDINARY}` : id;
}

/** The id of a message that changes another: a reaction, a vote, an edit, a revoke. */
export function newActionWaId(): string {
  return `3EB0${randomBytes(8).toString('hex').toUpperCase()}${ACTION}`;
}

/** True for all of those; also for some ids that others made. */
export function isActionWaId(waId: string): boolean {
  return waId.endsWith(ACTION);
}
