import type { Faults } from './faults.ts';

/**
 * How a connection is deaf: nothing comes to its client any more, though the socket stands. `answering`: requests still
 * get their answers; `silent`: not even those.
 */
export type Deafness = 'answering' | 'silent';

/** Misbehaviour towards the linked devices of one account. All off by default; it beats what holds for the whole network. */
export interface AccountFaults {
  /** Every connection of theirs is deaf from its login on: what is queued for them stays queued. */
  deaf: Deafness | undefined;
  ackDrop: boolean;
  ackDelayMs: number;
  ackDuplicate: boolean;
  ackReorder: boolean;
  /** Error code in the ack of every message of theirs; the message is not routed. */
  nack: number | undefined;
  /** Messages, receipts, notifications and acks come twice, or swapped in pairs. */
  duplicate: boolean;
  reorder: boolean;
  /** Unix ms until which the account may write only to people who wrote to it: others are refused with 463. */
  reachOutLockUntil: number | undefined;
  /** A new device has to prove a passkey: it is not linked, and told so. */
  passkey: boolean;
  /** Failure code for every login of theirs. */
  rejectLogin: number | undefined;
}

export function noAccountFaults(): AccountFaults {
  return {
    deaf: undefined,
    ackDrop: false,
    ackDelayMs: 0,
    ackDuplicate: false,
    ackReorder: false,
    nack: undefined,
    duplicate: false,
    reorder: false,
    reachOutLockUntil: undefined,
    passkey: false,
    rejectLogin: undefined,
  };
}

/** What holds for an account, by its number in digits. */
export function faultsOf(faults: Faults, user: string | undefined): AccountFaults {
  return (user === undefined ? undefined : faults.accounts.get(user)) ?? noAccountFaults();
}

/** Whether the account's lock is in force now. */
export function isReachOutLocked(faults: AccountFaults): boolean {
  return (faults.reachOutLockUntil ?? 0) > Date.now();
}
