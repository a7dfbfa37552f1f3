import pg from 'pg';
import { errorFrom, unavailable } from './db-error.ts';

const NETWORK = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOENT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
]);

// The driver says these without a code.
const BROKEN = /terminated|timeout|not queryable|Connection ended|Client was closed|calling end on the pool/i;

function codeOf(error: Error): string {
  const cause = error instanceof AggregateError ? error.errors[0] : error;
  return typeof cause === 'object' && cause !== null && 'code' in cause ? String(cause.code) : '';
}

/** The port's error for what the driver threw: an outage becomes WapingError SERVICE_UNAVAILABLE. */
export function fromDriver(error: unknown): unknown {
  if (error instanceof pg.DatabaseError) {
    return errorFrom({
      sqlstate: error.code ?? 'XX000',
      message: error.message,
      detail: error.detail,
      constraint: error.constraint,
      table: error.table,
      column: error.column,
      where: error.where,
    });
  }
  if (!(error instanceof Error)) return error;
  if (NETWORK.has(codeOf(error)) || BROKEN.test(error.message)) {
    return unavailable('The database is not reachable. Work in flight may or may not be stored', error);
  }
  return error;
}
