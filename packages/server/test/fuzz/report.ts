import type { FuzzOptions, FuzzReport } from './run.ts';

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
    `  ${report.failures.length} kinds of failure`,
  );
  return lines.join('\n');
}
