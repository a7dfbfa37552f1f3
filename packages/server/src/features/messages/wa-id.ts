import { randomBytes } from 'node:crypto';

/**
 * A WhatsApp message id as WhatsApp Web makes them: `3EB0` and 18 hex digits. Chosen when the row is written, so that
 * every attempt of one message carries the same id and the receiving phone shows it once.
 */
export function newWaId(): string {
  return `3EB0${randomBytes(9).toString('hex').toUpperCase()}`;
}
