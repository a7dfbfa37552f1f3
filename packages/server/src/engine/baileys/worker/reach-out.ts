import type { LiveSocket } from './live-socket.ts';

/** The official web client's own, where WhatsApp does not say how long. */
const DEFAULT_MS = 60_000;
const ASK_EVERY_MS = 5_000;

/**
 * The reach-out time lock: WhatsApp lets a restricted account write on in chats that stand, and refuses to open new ones
 * with 463. The same code is given where only a privacy token is missing, so the account's standing is asked for. All
 * that is heard is told: this session does not know what its device's row says.
 */
export class ReachOut {
  readonly #locked: (until: number | null) => void;
  #askedAt = Number.NEGATIVE_INFINITY;

  constructor(locked: (until: number | null) => void) {
    this.#locked = locked;
  }

  /** Hears of the lock: the answer to `refused`, or WhatsApp's own notice that it began or was lifted. */
  listen(live: LiveSocket): void {
    live.sock.ev.on('connection.update', ({ reachoutTimeLock: lock }) => {
      if (lock) this.#locked(lock.isActive ? lock.timeEnforcementEnds?.getTime() || Date.now() + DEFAULT_MS : null);
    });
  }

  /** A message of ours was refused with 463. Asks how the account stands, at most every five seconds. */
  refused(live: LiveSocket): void {
    const now = performance.now();
    if (now - this.#askedAt < ASK_EVERY_MS) return;
    this.#askedAt = now;
    // Not knowing, it is taken for locked for a minute: each further attempt to reach out makes a restriction longer.
    live.sock.fetchAccountReachoutTimelock().catch(() => this.#locked(Date.now() + DEFAULT_MS));
  }
}
