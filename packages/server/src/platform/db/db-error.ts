import { WapingError } from '../errors.ts';

/** The fields of a PostgreSQL ErrorResponse we use. `sqlstate` is the five-character code. */
export interface DatabaseErrorFields {
  sqlstate: string;
  message: string;
  detail?: string | undefined;
  constraint?: string | undefined;
  table?: string | undefined;
  column?: string | undefined;
  /** What the database was doing, such as which index it had a row wait for. */
  where?: string | undefined;
}

/** A statement the database refused. Never shown to a caller: the surface reports it as SERVER_ERROR. */
export class DatabaseError extends Error {
  readonly sqlstate: string;
  readonly detail: string | undefined;
  readonly constraint: string | undefined;
  readonly table: string | undefined;
  readonly column: string | undefined;
  readonly where: string | undefined;

  constructor(fields: DatabaseErrorFields) {
    super(fields.message);
    this.name = 'DatabaseError';
    this.sqlstate = fields.sqlstate;
    this.detail = fields.detail;
    this.constraint = fields.constraint;
    this.table = fields.table;
    this.column = fields.column;
    this.where = fields.where;
  }
}

/** True for a unique violation (of the named constraint or index, when given). */
export function isUniqueViolation(error: unknown, constraint?: string): boolean {
  return (
    error instanceof DatabaseError &&
    error.sqlstate === '23505' &&
    (constraint === undefined || error.constraint === constraint)
  );
}

export function isForeignKeyViolation(error: unknown): boolean {
  return error instanceof DatabaseError && error.sqlstate === '23503';
}

/** True when a row broke the named check constraint. */
export function isCheckViolation(error: unknown, constraint: string): boolean {
  return error instanceof DatabaseError && error.sqlstate === '23514' && error.constraint === constraint;
}

/** True when `assert_leases` refused a batch: a lease it named has passed on. */
export function isLeaseLost(error: unknown): boolean {
  return error instanceof DatabaseError && error.sqlstate === 'WA001';
}

/** True when a row waited longer than `lock_timeout` for another transaction to decide about its key in this table. */
export function isAwaited(error: unknown, table: string): boolean {
  const cause = error instanceof WapingError ? error.cause : error;
  // An insert that passes conflicts over names the table, a plain one the index.
  const places = [`"${table}"`, `"${table}_pkey"`];
  return (
    cause instanceof DatabaseError && cause.sqlstate === '55P03' && places.some((one) => cause.where?.includes(one))
  );
}

/** True when a data key came wrapped by a master key that was replaced: this process has not heard of it yet. */
export function isMasterKeyReplaced(error: unknown): boolean {
  return error instanceof DatabaseError && error.sqlstate === 'WA003';
}

/** Serialization failure or deadlock: the transaction did nothing and may be run again. */
export function isTransient(error: unknown): boolean {
  return error instanceof DatabaseError && (error.sqlstate === '40001' || error.sqlstate === '40P01');
}

/** A statement prepared before a migration changed its result: prepare it again and it works. */
export function isStalePlan(error: unknown): boolean {
  return error instanceof DatabaseError && error.sqlstate === '0A000' && error.message.includes('cached plan');
}

/** Data exceptions, violated constraints and limits of a row. */
const FAULTY = /^(22|23|54)/;

/**
 * True when the fault lies in what was given, so that giving it again changes nothing: the database cannot hold it, or
 * our own code broke on it. All else says nothing of the data: an outage, a schema or a right that is missing.
 */
export function isFaulty(error: unknown): boolean {
  if (error instanceof DatabaseError) return FAULTY.test(error.sqlstate);
  return error instanceof Error && !(error instanceof WapingError);
}

/** The database cannot serve now. Nothing is claimed about work that was in flight. */
export function unavailable(message: string, cause?: unknown): WapingError {
  return new WapingError('SERVICE_UNAVAILABLE', message, { retryAfter: 1, ...(cause === undefined ? {} : { cause }) });
}

const OUTAGES: ReadonlyArray<readonly [RegExp, string]> = [
  [/^53100$/, 'The database disk is full: free some space, then try again'],
  [/^53/, 'The database is out of resources'],
  [/^(57014|55P03)$/, 'The database took too long to answer'],
  [/^(57P|08)/, 'The database is not reachable'],
  [/^25006$/, 'The database is read-only'],
  [/^58/, 'The database met an input/output error'],
  [/^XX00[12]$/, 'The database files are damaged: restore a backup'],
];

/** The error a caller of the port gets: WapingError SERVICE_UNAVAILABLE for an outage, DatabaseError otherwise. */
export function errorFrom(fields: DatabaseErrorFields): DatabaseError | WapingError {
  const error = new DatabaseError(fields);
  const outage = OUTAGES.find(([pattern]) => pattern.test(fields.sqlstate));
  return outage === undefined ? error : unavailable(outage[1], error);
}
