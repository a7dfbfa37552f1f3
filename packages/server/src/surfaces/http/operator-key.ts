import { createHash, timingSafeEqual } from 'node:crypto';
import type { Actor } from '../../operations/context.ts';
import { WapingError } from '../../platform/errors.ts';

const hash = (text: string) => createHash('sha256').update(text).digest();

/** The one key of the installation's operator. Only its hash stays in memory. */
export class OperatorKey {
  readonly #hash: Buffer;

  constructor(key: string) {
    this.#hash = hash(key);
  }

  /** The operator, by `Authorization: Bearer <key>`. Throws UNAUTHORIZED on anything else, a workspace's key included. */
  authenticate(header: string | undefined): Actor {
    const token = /^Bearer +(\S+)$/i.exec(header ?? '')?.[1] ?? '';
    // Hashes of one length: the comparison tells nothing of the key, not even how long it is.
    if (timingSafeEqual(hash(token), this.#hash)) return { kind: 'operator', id: 'operator', scopes: ['*'] };
    throw new WapingError('UNAUTHORIZED', 'this path takes the operator key', { param: 'Authorization' });
  }
}
