import { masterKeyId } from '../../platform/crypto/master-key.ts';
import type { MasterKeys } from '../../platform/crypto/master-keys.ts';
import type { Db } from '../../platform/db/port.ts';
import { StartupError } from '../../platform/errors.ts';
import type { Logger } from '../../platform/log.ts';
import { rotateMasterKey } from './rotate.ts';
import { findMasterKey } from './rotation-store.ts';

const LOOK_MS = 2_000;

/**
 * Has a running server notice a new master key, and carry out the rotation: with the embedded database no other process
 * can. Of several nodes any may do the work, and all learn of it here.
 */
export class RotationWatch implements AsyncDisposable {
  readonly #services: { db: Db; keys: MasterKeys; log: Logger };
  readonly #timer: NodeJS.Timeout;
  #looking: Promise<void> | null = null;
  #complained = false;

  constructor(services: { db: Db; keys: MasterKeys; log: Logger }) {
    this.#services = services;
    this.#timer = setInterval(() => {
      this.#looking ??= this.#look().finally(() => {
        this.#looking = null;
      });
    }, LOOK_MS);
    this.#timer.unref();
  }

  async #look(): Promise<void> {
    const { db, keys, log } = this.#services;
    try {
      await keys.refresh();
      if (keys.next === null) return;
      const known = await findMasterKey(db);
      // With keys of the environment the old one stays configured until the operator takes it out: nothing to do again.
      const done = known !== null && Buffer.from(known.current_id).equals(masterKeyId(keys.next));
      if (done && keys.source.configured !== undefined) return keys.promote();
      const { rewrapped } = await rotateMasterKey(db, keys);
      this.#complained = false;
      log.warn({ rewrapped }, 'the master key was replaced; keep the old one for as long as you keep older backups');
    } catch (error) {
      if (this.#complained && error instanceof StartupError) return;
      this.#complained = true;
      log.error({ err: error }, 'the master key could not be replaced yet; trying again');
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    await this.#looking;
  }
}
