/** The value below which `share` (0 to 1) of the sorted samples lie. */
export function percentile(sorted, share) {
  if (sorted.length === 0) return Number.NaN;
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
}

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Rounds to what the measurement can carry: three figures. */
export function figure(value) {
  return Number.isFinite(value) ? Number(value.toPrecision(3)) : null;
}
