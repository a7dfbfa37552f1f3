import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { ended } from './children.mjs';

const MAIN = fileURLToPath(new URL('flood-main.mjs', import.meta.url));

/** A client that floods, in a process of its own: its work must not delay the clock of whoever measures. */
export function startFlood(target) {
  const child = fork(MAIN, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  child.send(target);
  return {
    /** Ends it; requests a second by status. */
    async stop() {
      const answer = once(child, 'message');
      child.send('stop');
      const [{ counts, seconds }] = await answer;
      await ended(child);
      return Object.fromEntries(Object.entries(counts).map(([status, n]) => [status, n / seconds]));
    },
  };
}
