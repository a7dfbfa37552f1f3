/** What goes before what on one device, most urgent first. */
export const PRIORITIES = ['otp', 'reply', 'normal', 'bulk'] as const;

export type Priority = (typeof PRIORITIES)[number];

/** The lane of each in the outbox: a claim takes the lowest first. */
export const LANE: Record<Priority, number> = { otp: 0, reply: 1, normal: 2, bulk: 3 };

/** What one of these lanes has in line must not wait for the acks of others. */
export const isUrgent = (priority: Priority): boolean => LANE[priority] <= LANE.reply;
