import type { FuzzOptions, FuzzReport, Share } from './run.ts';

const percent = ({ valid, succeeded }: Share) => Math.round((100 * succeeded) / Math.max(1, valid));

/** How many of the valid requests of each operation succeeded, the poorest first, one operation a line. */
function sharesOf(shares: FuzzReport['shares']): string[] {
  return Object.entries(shares)
    .sort(([a, one], [b, other]) => percent(one) - percent(other) || (a < b ? -1 : 1))
    .map(
      ([name, share]) => `    ${String(percent(share)).padStart(3)} %  ${name} (${share.succeeded} of ${share.valid})`,
    );
}

/** The report as a person reads it. */
export function describeReport({ seed }: FuzzOptions, report: FuzzReport): string {
  const lines = report.failures.map(
    ({ operation, status, reason, how, curl, count }) =>
      `FAILED ${operation} ${status || ''} ${reason} (${count} times; first: ${how})\n  ${curl}`,
  );
  const statuses = Object.entries(report.statuses)
    .map(([status, count]) => `${status}: ${count}`)
    .join(', ');
  lines.push(
    `fuzz: seed ${seed}, ${report.requests} requests (${report.valid} valid, ${report.broken} broken) over ${report.operations} operations`,
    `  answers: ${statuses}`,
    `  never a success: ${report.neverDone.join(', ') || 'none'}; workspaces made again: ${report.remade}`,
    '  2xx of valid requests, whoever asked:',
    ...sharesOf(report.shares),
    `  ${report.failures.length} kinds of failure`,
  );
  return lines.join('\n');
}
