import type { DisconnectCause, SessionHealth } from '../../port.ts';
import type { LiveSocket } from './live-socket.ts';
import type { Liveness } from './liveness.ts';

const PING_TIMEOUT_MS = 10_000;
const PING_FRESH_MS = 15_000;

/** A session's signs of life, kept across its connections. */
export class Pulse {
  connectedAt: number | undefined;
  /** When anything last came by itself; what else comes are answers. */
  pushedAt: number | undefined;
  lastFrameAt: number | undefined;
  receiptAt: number | undefined;
  #pingMs: number | undefined;
  #pingedAt = Number.NEGATIVE_INFINITY;

  /** Measures a round trip in the background, at most every 15 seconds. */
  ping(live: LiveSocket): void {
    if (performance.now() - this.#pingedAt >= PING_FRESH_MS) this.probe(live);
  }

  /** The same, now. */
  probe(live: LiveSocket): void {
    const at = performance.now();
    this.#pingedAt = at;
    const attrs = { to: 's.whatsapp.net', type: 'get', xmlns: 'w:p' };
    live.sock
      .query({ tag: 'iq', attrs, content: [{ tag: 'ping', attrs: {} }] }, PING_TIMEOUT_MS)
      .then(() => {
        this.#pingMs = Math.round(performance.now() - at);
      })
      .catch(() => {});
  }

  /** When the connection that ended last heard. Answers prove nothing of a deaf one: there counts what came by itself. */
  heardAt(cause: DisconnectCause, live: LiveSocket | undefined): number | undefined {
    return cause === 'deaf' ? Math.max(this.pushedAt ?? 0, this.connectedAt ?? 0) : live?.lastFrameAt;
  }

  read(live: LiveSocket | undefined, liveness: Liveness): SessionHealth {
    const { unacked, unackedMs, restarts } = liveness;
    const lastFrameAt = live?.lastFrameAt ?? this.lastFrameAt;
    return {
      gated: live?.gate.length ?? 0,
      unacked,
      deafRestarts: restarts,
      ...(unackedMs === undefined ? {} : { unackedMs }),
      ...(this.connectedAt === undefined ? {} : { connectedAt: this.connectedAt }),
      ...(lastFrameAt === undefined ? {} : { lastFrameAt }),
      ...(this.receiptAt === undefined ? {} : { lastReceiptAt: this.receiptAt }),
      ...(this.#pingMs === undefined ? {} : { pingMs: this.#pingMs }),
    };
  }
}
