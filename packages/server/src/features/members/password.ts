import { hash, verify } from '@node-rs/argon2';
import { Gate } from '../../platform/crypto/gate.ts';

// OWASP's recommendation for argon2id, the library's default algorithm: 19 MiB, 2 passes, 1 lane; about 45 ms of a core.
const PARAMETERS = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };
// A quarter of the places is kept for known browsers and for people who are inside already.
const LIMITS = { running: 2, waiting: 200, strangers: 150 };

export const MIN_PASSWORD = 10;
export const MAX_PASSWORD = 256;

/** Hashes and checks passwords, a few at a time. */
export class Passwords {
  readonly #gate = new Gate(LIMITS);
  #dummy: Promise<string> | undefined;

  /** Only for who is inside already, or holds the secret of a link: they do not stand in line with strangers. */
  hash(password: string): Promise<string> {
    return this.#gate.run(() => derive(password), { known: true });
  }

  /**
   * Takes the same time for nobody (null) as for somebody, so that time does not tell who has an account. `known`: asked
   * by a browser that has signed in to the account before, or by a session of it.
   */
  async verify(stored: string | null, password: string, { known }: { known: boolean }): Promise<boolean> {
    this.#dummy ??= derive('nobody has this password');
    const dummy = await this.#dummy;
    const matches = await this.#gate.run(() => verify(stored ?? dummy, password.normalize('NFKC')), { known });
    return matches && stored !== null;
  }
}

const derive = (password: string): Promise<string> => hash(password.normalize('NFKC'), PARAMETERS);
