import { type CollectionState, ServerCollection } from './collection.ts';
import { COLLECTIONS, type CollectionName } from './collections.ts';
import type { AppStateKey } from './mutation-keys.ts';
import { PhoneAppState, type PhoneCollection, type RandomBytes } from './phone-state.ts';

/** Plain form of one account's app state for the state file. */
export interface AccountAppStateSnapshot {
  readonly key: AppStateKey;
  readonly collections: readonly {
    readonly name: CollectionName;
    readonly server: CollectionState;
    readonly phone: {
      readonly version: number;
      readonly hash: Buffer;
      readonly macs: readonly (readonly [string, Buffer])[];
      readonly values: readonly (readonly [string, Uint8Array])[];
    };
  }[];
}

/** Both sides of one account's app state: what the server stores and what the phone reads. */
export class AccountAppState {
  readonly phone: PhoneAppState;
  readonly #collections = new Map<CollectionName, ServerCollection>();

  constructor(key: AppStateKey, random: RandomBytes) {
    this.phone = new PhoneAppState(key, random);
    for (const name of COLLECTIONS) this.#collections.set(name, new ServerCollection());
  }

  collection(name: CollectionName): ServerCollection {
    const found = this.#collections.get(name);
    if (!found) throw new RangeError(`no collection ${name}`);
    return found;
  }

  save(): AccountAppStateSnapshot {
    const used = COLLECTIONS.filter((name) => this.collection(name).version > 0);
    const collections = used.map((name) => {
      const { version, hash, macs, values } = this.phone.collection(name);
      return {
        name,
        server: this.collection(name).save(),
        phone: { version, hash, macs: [...macs], values: [...values] },
      };
    });
    return { key: this.phone.key, collections };
  }

  load(state: AccountAppStateSnapshot): void {
    for (const { name, server, phone } of state.collections) {
      this.collection(name).load(server);
      const restored: PhoneCollection = { ...phone, macs: new Map(phone.macs), values: new Map(phone.values) };
      this.phone.restore(name, restored);
    }
  }
}
