/** Quotas go by the calendar month of UTC, counts by its days. */
export const dayOf = (at: Date): string => at.toISOString().slice(0, 10);

/** First day of the month, as `2026-11-01`. */
export const monthOf = (at: Date): string => `${at.toISOString().slice(0, 7)}-01`;

/** When the next month begins. */
export const monthEnd = (at: Date): Date => new Date(Date.UTC(at.getUTCFullYear(), at.getUTCMonth() + 1, 1));
