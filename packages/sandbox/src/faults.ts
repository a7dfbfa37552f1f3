import type { AccountFaults } from './account-faults.ts';

/** Misbehaviour that can be switched on while the network runs. All off by default. */
export interface Faults {
  /** Server acks of messages: none at all, late, twice, or in the wrong order (pairs swapped). */
  ackDrop: boolean;
  ackDelayMs: number;
  ackDuplicate: boolean;
  ackReorder: boolean;
  /** Error code in every message ack (463, 479, 500 …); the message is not routed. */
  nack: number | undefined;
  /** The same, per recipient (user part of the address, phone number or LID). */
  nackFor: Map<string, number>;
  /** IQ namespaces (`usync`) or namespace and first child (`encrypt/key`) that never get an answer. */
  muteIq: Set<string>;
  iqDelayMs: number;
  /** Failure code for every login: 401, 403 (temporary ban), 405 (outdated version), 503 … */
  rejectLogin: number | undefined;
  /** Oldest client version that may log in or register, as [2, 3000, n]; older ones get 405. */
  minVersion: readonly number[] | undefined;
  /** Bundles are handed out without a one-time prekey. */
  preKeyExhaustion: boolean;
  /** No receipts from phones reach anybody. */
  receiptDrop: boolean;
  /**
   * Phones skip decryption and only confirm delivery: for load tests. Their Signal sessions fall behind, so switching it
   * off again makes the next messages of the same senders expensive.
   */
  sink: boolean;
  /** By number, digits only. */
  accounts: Map<string, AccountFaults>;
}

export function noFaults(): Faults {
  return {
    ackDrop: false,
    ackDelayMs: 0,
    ackDuplicate: false,
    ackReorder: false,
    nack: undefined,
    nackFor: new Map(),
    muteIq: new Set(),
    iqDelayMs: 0,
    rejectLogin: undefined,
    minVersion: undefined,
    preKeyExhaustion: false,
    receiptDrop: false,
    sink: false,
    accounts: new Map(),
  };
}

/** True when the version the client shows is older than the oldest one allowed. */
export function isOutdated(version: readonly number[], minimum: readonly number[] | undefined): boolean {
  if (!minimum) return false;
  for (const [index, least] of minimum.entries()) {
    const has = version[index] ?? 0;
    if (has !== least) return has < least;
  }
  return false;
}
