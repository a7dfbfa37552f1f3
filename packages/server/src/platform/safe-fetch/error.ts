/** Why an outside address was not fetched. */
export type FetchFailure =
  /** The URL itself: its scheme, credentials in it, its length. */
  | 'url'
  /** It leads to an address, or a port, that is not for callers to reach. */
  | 'forbidden'
  /** Its host has no address. */
  | 'host'
  /** More redirects than are followed, or one that is none. */
  | 'redirects'
  /** Longer than it may be. */
  | 'too_large'
  /** Compressed, though it was asked for as it is. */
  | 'encoding'
  | 'timeout'
  /** No connection, or one that broke. */
  | 'unreachable';

const MESSAGES: Record<FetchFailure, string> = {
  url: 'must be an http or https URL without credentials',
  forbidden: 'leads to an address that may not be fetched',
  host: 'names a host that was not found',
  redirects: 'redirects too often, or to nowhere',
  too_large: 'is larger than it may be',
  encoding: 'was answered in an encoding that was not asked for',
  timeout: 'was not answered in time',
  unreachable: 'could not be reached, or broke off',
};

/** An outside address was not fetched. The message says no more of a refused address than that it is refused. */
export class FetchError extends Error {
  readonly reason: FetchFailure;

  constructor(reason: FetchFailure, cause?: unknown) {
    super(MESSAGES[reason], cause === undefined ? undefined : { cause });
    this.name = 'FetchError';
    this.reason = reason;
  }
}
