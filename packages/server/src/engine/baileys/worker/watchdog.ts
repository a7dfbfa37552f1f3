import type { BinaryNode } from 'baileys';
import type { SessionFact } from '../../port.ts';
import type { LivenessLimits } from '../options.ts';
import type { LogFields } from './context.ts';
import type { LiveSocket } from './live-socket.ts';
import { Liveness } from './liveness.ts';
import type { Pulse } from './pulse.ts';

export interface WatchdogDeps {
  limits: LivenessLimits;
  pulse: Pulse;
  fact: (fact: SessionFact) => void;
  log: (text: string, fields: LogFields) => void;
}

/** Looks at an open connection again and again, and ends it when it is deaf: the session then makes a new one. */
export class Watchdog {
  readonly liveness: Liveness;
  readonly #deps: WatchdogDeps;
  #timer: NodeJS.Timeout | undefined;

  constructor(deps: WatchdogDeps) {
    this.#deps = deps;
    this.liveness = new Liveness(deps.limits);
  }

  /** Begins with a connection that is open. */
  watch(live: LiveSocket): void {
    this.stop();
    this.liveness.opened();
    live.sock.ws.on('frame', (frame: BinaryNode | Uint8Array) => this.#heard(frame));
    this.#timer = setInterval(() => this.#check(live), this.#deps.limits.checkMs);
    this.#timer.unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #heard(frame: BinaryNode | Uint8Array): void {
    const tag = frame instanceof Uint8Array ? undefined : frame.tag;
    if (tag !== undefined && tag !== 'iq' && tag !== 'ib') this.#deps.pulse.pushedAt = Date.now();
    if (this.liveness.frame(tag)) this.#deps.fact({ fact: 'well' });
  }

  #check(live: LiveSocket): void {
    const verdict = this.liveness.check();
    if (verdict.act === 'nothing') return;
    if (verdict.act === 'ping') {
      this.#deps.pulse.probe(live);
      return;
    }
    this.#deps.log('nothing comes over a connection that stands', { sign: verdict.sign, does: verdict.act });
    if (verdict.act === 'give_up') this.#deps.fact({ fact: 'degraded', sign: verdict.sign });
    else live.end({ cause: 'deaf', sign: verdict.sign });
  }
}
