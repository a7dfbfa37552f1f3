import { cpus, loadavg, release, totalmem } from 'node:os';

/** What the figures were taken on; ratios carry over to other machines, absolute figures do not. */
export function machine() {
  const cores = cpus();
  return {
    cpu: cores[0]?.model.trim() ?? 'unknown',
    cores: cores.length,
    memoryGiB: Math.round(totalmem() / 1024 ** 3),
    os: `${process.platform} ${release()}`,
    node: process.version,
  };
}

/** The one-minute load average. */
export const load = () => Math.round((loadavg()[0] ?? 0) * 100) / 100;
