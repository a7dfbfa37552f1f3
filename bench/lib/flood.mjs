import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { ended } from './children.mjs';
import { standAside } from './processes.mjs';

const MAIN = fileURLToPath(new URL('flood-main.mjs', import.meta.url));

/**
 * A client that floods, in a process of its own: its work must not delay the clock of whoever measures. With `moments`
 * (milliseconds from its start) it sends then, and no faster than it is answered.
 */
export function startFlood(target) {
  const child = fork(MAIN, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  standAside(child.pid);
  child.send(target);
  return {
    /** Ends it; requests a second by status, and the moments they were sent at. */
    async stop() {
      const answer = once(child, 'message');
      child.send('stop');
      const [{ counts, sentAt, seconds }] = await answer;
      await ended(child);
      return {
        perSecond: Object.fromEntries(Object.entries(counts).map(([status, n]) => [status, n / seconds])),
        moments: sentAt,
      };
    },
  };
}
