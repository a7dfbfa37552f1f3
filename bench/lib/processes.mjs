import { readdirSync, readFileSync } from 'node:fs';
import { constants, setPriority } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';

const TICKS_PER_SECOND = 100;
const MIB = 1024 * 1024;

function read(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

/** Runs a process that stands for another machine with what the measured ones leave of this one. */
export function standAside(pid) {
  setPriority(pid, constants.priority.PRIORITY_LOW);
}

/** A process and everything it started, still alive. */
export function processTree(pid) {
  const found = [];
  const waiting = [pid];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    found.push(next);
    let tasks = [];
    try {
      tasks = readdirSync(`/proc/${next}/task`);
    } catch {
      continue;
    }
    for (const task of tasks) {
      const children = read(`/proc/${next}/task/${task}/children`).trim();
      if (children !== '') waiting.push(...children.split(' ').map(Number));
    }
  }
  return found;
}

/** Resident memory of a process, MiB. */
export function residentMiB(pid) {
  const line = /^VmRSS:\s+(\d+) kB$/m.exec(read(`/proc/${pid}/status`));
  return line ? (Number(line[1]) * 1024) / MIB : 0;
}

export const treeMiB = (pid) => processTree(pid).reduce((sum, one) => sum + residentMiB(one), 0);

/** CPU time a process has used, seconds. */
export function cpuSeconds(pid) {
  const stat = read(`/proc/${pid}/stat`);
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields.length < 13 ? 0 : (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

export const treeCpuSeconds = (pid) => processTree(pid).reduce((sum, one) => sum + cpuSeconds(one), 0);

/** Waits until a process tree uses next to nothing, so that one measurement does not pay for the one before. */
export async function quiet(pid, { share = 0.08, windowMs = 500, limitMs = 30_000 } = {}) {
  const end = Date.now() + limitMs;
  while (Date.now() < end) {
    const before = treeCpuSeconds(pid);
    await sleep(windowMs);
    if ((treeCpuSeconds(pid) - before) / (windowMs / 1000) < share) return true;
  }
  return false;
}
