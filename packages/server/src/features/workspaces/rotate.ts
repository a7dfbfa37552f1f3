import { promoteNextKey } from '../../platform/crypto/key-files.ts';
import { masterKeyId, wrapDataKey } from '../../platform/crypto/master-key.ts';
import type { MasterKeys } from '../../platform/crypto/master-keys.ts';
import type { Db } from '../../platform/db/port.ts';
import { StartupError } from '../../platform/errors.ts';
import { faultPoint } from '../../platform/fault-points.ts';
import {
  countForeignKeys,
  findMasterKey,
  holdNewWorkspaces,
  lockForeignKeys,
  lockMasterKey,
  writeDataKey,
  writeMasterKey,
} from './rotation-store.ts';

/** Data keys rewrapped in one transaction. */
const BATCH = 100;

export interface RotationReport {
  /** Data keys rewrapped by this call. */
  rewrapped: number;
  /** Whether the new key stands in `master.key` now; false where the environment gives the keys. */
  replacedFile: boolean;
}

const sameBytes = (a: Uint8Array, b: Uint8Array) => Buffer.from(a).equals(b);

// Two rotations at once, to different keys, would leave data keys under either.
async function begin(db: Db, ids: { current: Buffer; next: Buffer }): Promise<void> {
  await db.tx(async (tx) => {
    await lockMasterKey(tx);
    const known = await findMasterKey(tx);
    if (known && sameBytes(known.current_id, ids.next)) return;
    if (known?.next_id && !sameBytes(known.next_id, ids.next)) {
      throw new StartupError(
        'a rotation to another master key has begun and is not over',
        'Finish it first: run waping keys rotate-master with the key it was begun with.',
      );
    }
    if (known && !sameBytes(known.current_id, ids.current)) {
      throw new StartupError(
        'the master key is not the one this database records as in use',
        'Give the key in use as WAPING_MASTER_KEY (or master.key), and the new one as the next.',
      );
    }
    await writeMasterKey(tx, { current_id: ids.current, next_id: ids.next });
  });
}

async function rewrap(db: Db, keys: MasterKeys, next: Buffer): Promise<number> {
  const keyId = masterKeyId(next);
  let after = '';
  for (let total = 0; ; ) {
    const count = await db.tx(async (tx) => {
      const page = await lockForeignKeys(tx, { keyId, after, limit: BATCH });
      for (const { id, data_key } of page) {
        await writeDataKey(tx, { id, data_key: wrapDataKey(next, id, keys.unwrap(id, data_key)) });
      }
      after = page.at(-1)?.id ?? after;
      return page.length;
    });
    faultPoint('rotate.batch');
    total += count;
    if (count < BATCH) return total;
  }
}

/** Records the new key as the one in use, if nothing is left under another. From then on no other is let in. */
async function finish(db: Db, next: Buffer): Promise<boolean> {
  return db.tx(async (tx) => {
    await holdNewWorkspaces(tx);
    if ((await countForeignKeys(tx, masterKeyId(next))) > 0) return false;
    await lockMasterKey(tx);
    await writeMasterKey(tx, { current_id: masterKeyId(next), next_id: null });
    return true;
  });
}

/**
 * Wraps every workspace's data key anew, under the next master key, then makes that the one in use. Both open data keys
 * all the while. Whatever it is stopped at, calling it again goes on; two at once do each other no harm. Throws
 * StartupError when there is no next key, or another rotation runs.
 */
export async function rotateMasterKey(db: Db, keys: MasterKeys): Promise<RotationReport> {
  const { current, next } = keys;
  if (next === null) throw new StartupError('there is no next master key', 'Run: waping keys rotate-master');
  await begin(db, { current: masterKeyId(current), next: masterKeyId(next) });
  faultPoint('rotate.begun');
  let rewrapped = 0;
  for (let over = false; !over; ) {
    rewrapped += await rewrap(db, keys, next);
    faultPoint('rotate.rewrapped');
    // A node that had not heard may have made a workspace under the old key meanwhile: then once more.
    over = await finish(db, next);
  }
  faultPoint('rotate.finished');
  const replacedFile = keys.source.configured === undefined;
  if (replacedFile) await promoteNextKey(keys.source.dataDir);
  faultPoint('rotate.replaced');
  keys.promote();
  return { rewrapped, replacedFile };
}
