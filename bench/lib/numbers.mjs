/** Possible numbers nobody else in a run uses: each purpose has a range of its own. */
const RANGES = [
  'recipients',
  'accept',
  'raw-wire',
  'gateway-wire',
  'raw-many',
  'gateway-many',
  'fairness',
  'history-sync',
  'media',
  'webhooks',
];

function numbers(range, count) {
  const base = 4_915_110_000_000 + RANGES.indexOf(range) * 10_000;
  return Array.from({ length: count }, (_, n) => `+${base + n}`);
}

export const recipientNumbers = (count) => numbers('recipients', count);
export const linkNumbers = (range, count) => numbers(range, count);
