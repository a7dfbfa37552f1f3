import { hash, verify } from '@node-rs/argon2';
import { Gate } from '../../platform/crypto/gate.ts';

// OWASP's recommendation for argon2id, the library's default algorithm: 19 MiB, 2 passes, 1 lane; about 45 ms of a core.
const PARAMETERS = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };
const LIMITS = { running: 2, waiting: 200 };

export const MIN_PASSWORD = 10;
export const MAX_PASSWORD = 256;

/** Hashes and checks passwords, a few at a time. */
export class Passwords {
  readonly #gate = new Gate(LIMITS);
  #dummy: Promise<string> | undefined;

  hash(password: string): Promise<string> {
    return this.#gate.run(() => hash(password.normalize('NFKC'), PARAMETERS));
  }

  /** Takes the same time for nobody (null) as for somebody, so that time does not tell who has an account. */
  async verify(stored: string | null, password: string): Promise<boolean> {
    this.#dummy ??= this.hash('nobody has this password');
    const against = stored ?? (await this.#dummy);
    const matches = await this.#gate.run(() => verify(against, password.normalize('NFKC')));
    return matches && stored !== null;
  }
}
