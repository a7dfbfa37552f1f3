import type { SessionHealth } from '../../port.ts';
import type { LiveSocket } from './live-socket.ts';

const PING_TIMEOUT_MS = 10_000;
const PING_FRESH_MS = 15_000;

/** A session's signs of life, kept across its connections. */
export class Pulse {
  connectedAt: number | undefined;
  lastFrameAt: number | undefined;
  receiptAt: number | undefined;
  #pingMs: number | undefined;
  #pingedAt = 0;

  /** Measures a round trip in the background, at most every 15 seconds. */
  ping(live: LiveSocket): void {
    const at = Date.now();
    if (at - this.#pingedAt < PING_FRESH_MS) return;
    this.#pingedAt = at;
    const attrs = { to: 's.whatsapp.net', type: 'get', xmlns: 'w:p' };
    live.sock
      .query({ tag: 'iq', attrs, content: [{ tag: 'ping', attrs: {} }] }, PING_TIMEOUT_MS)
      .then(() => {
        this.#pingMs = Date.now() - at;
      })
      .catch(() => {});
  }

  read(live: LiveSocket | undefined): SessionHealth {
    const lastFrameAt = live?.lastFrameAt ?? this.lastFrameAt;
    return {
      gated: live?.gate.length ?? 0,
      ...(this.connectedAt === undefined ? {} : { connectedAt: this.connectedAt }),
      ...(lastFrameAt === undefined ? {} : { lastFrameAt }),
      ...(this.receiptAt === undefined ? {} : { lastReceiptAt: this.receiptAt }),
      ...(this.#pingMs === undefined ? {} : { pingMs: this.#pingMs }),
    };
  }
}
