/** The life of a message. See `RANK` for what may follow what. */
export const MESSAGE_STATUSES = [
  'scheduled',
  'queued',
  'held',
  'sending',
  'sent',
  'delivered',
  'read',
  'played',
  'failed',
  'expired',
  'canceled',
  'received',
] as const;

export type MessageStatus = (typeof MESSAGE_STATUSES)[number];

/**
 * A status is entered only from a lower rank, so nothing moves backwards whatever the order reports arrive in.
 * `queued` and `held` share a rank: a device's connection moves waiting messages between the two.
 */
export const RANK: Record<MessageStatus, number> = {
  scheduled: 0,
  queued: 1,
  held: 1,
  sending: 2,
  sent: 3,
  delivered: 4,
  read: 5,
  played: 6,
  failed: 9,
  expired: 9,
  canceled: 9,
  received: 9,
};

/** Seconds a message may wait for its device when the caller names no `validFor`. */
export const DEFAULT_VALID_SECONDS = 24 * 3600;
