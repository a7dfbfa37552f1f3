import { createHash } from 'node:crypto';
import { WapingError } from '../../platform/errors.ts';

/**
 * A place in the log: behind the event with this transaction and sequence. Both are numbers too long for JavaScript's,
 * as text. What stands before the oldest transaction still open is settled: nothing is ever added there.
 */
export interface LogCursor {
  tx: string;
  sequence: string;
}

/** Before everything the log holds. */
export const LOG_START: LogCursor = { tx: '0', sequence: '0' };

/** What callers write for it. */
const START = '0';

/** 19 and 18 digits always fit PostgreSQL's types; no database has come that far. */
const SHAPE = /^([\w-]{8})\.(\d{1,19})\.(\d{1,18})$/;
const PRINT_LENGTH = 8;

// Not a secret: it tells a cursor of another workspace from one of this, which would point anywhere in its log.
function printOf(workspaceId: string): string {
  return createHash('sha256').update(workspaceId).digest('base64url').slice(0, PRINT_LENGTH);
}

/** A cursor as callers keep it. */
export function cursorText(workspaceId: string, { tx, sequence }: LogCursor): string {
  return Buffer.from(`${printOf(workspaceId)}.${tx}.${sequence}`).toString('base64url');
}

/** Opens a caller's cursor. Throws VALIDATION_ERROR for what is none of this workspace's log. */
export function openCursor(workspaceId: string, text: string, param = 'after'): LogCursor {
  if (text === START) return LOG_START;
  const [, print, tx, sequence] = SHAPE.exec(Buffer.from(text, 'base64url').toString()) ?? [];
  if (print === undefined || tx === undefined || sequence === undefined)
    throw new WapingError('VALIDATION_ERROR', `${param}: not a cursor of the event log`, { param });
  if (print !== printOf(workspaceId))
    throw new WapingError('VALIDATION_ERROR', `${param}: a cursor of another workspace`, { param });
  return { tx, sequence };
}

/** Below zero where `a` stands before `b`, zero where they are one. */
export function compareCursors(a: LogCursor, b: LogCursor): number {
  return compareNumbers(a.tx, b.tx) || compareNumbers(a.sequence, b.sequence);
}

function compareNumbers(a: string, b: string): number {
  if (a === b) return 0;
  if (a.length !== b.length) return a.length - b.length;
  return a < b ? -1 : 1;
}
