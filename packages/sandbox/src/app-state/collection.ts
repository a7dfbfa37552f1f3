import { type proto as Proto, proto } from 'baileys';

/** Bounds per collection; both far above what a phone keeps. */
const MAX_RECORDS = 20_000;
const MAX_PATCHES = 1_000;

/** One accepted patch, encoded with the version the server gave it. */
export interface StoredPatch {
  readonly version: number;
  readonly bytes: Uint8Array;
}

/** Plain form for the state file. */
export interface CollectionState {
  readonly version: number;
  readonly records: readonly (readonly [string, Uint8Array])[];
  readonly patches: readonly StoredPatch[];
  readonly mac: Uint8Array;
  readonly keyId: Uint8Array;
}

/**
 * One collection as the server keeps it: encrypted records by index MAC and the newest patches. It holds no key, so the
 * MAC of a snapshot is the one its last author put into the patch.
 */
export class ServerCollection {
  version = 0;
  readonly #records = new Map<string, Uint8Array>();
  #patches: StoredPatch[] = [];
  #mac: Uint8Array = Buffer.alloc(0);
  #keyId: Uint8Array = Buffer.alloc(0);

  /** Gives the patch the next version; undefined when the collection is full. */
  append(patch: Proto.ISyncdPatch): StoredPatch | undefined {
    const mutations = patch.mutations ?? [];
    if (this.#records.size + mutations.length > MAX_RECORDS) return undefined;
    const version = this.version + 1;
    const stored = { version, bytes: proto.SyncdPatch.encode({ ...patch, version: { version } }).finish() };
    for (const mutation of mutations) this.#record(mutation);
    this.version = version;
    this.#mac = patch.snapshotMac ?? Buffer.alloc(0);
    this.#keyId = patch.keyId?.id ?? Buffer.alloc(0);
    this.#patches.push(stored);
    if (this.#patches.length > MAX_PATCHES) this.#patches = this.#patches.slice(-MAX_PATCHES / 2);
    return stored;
  }

  /** Patches after `version`, oldest first; undefined when some of them are no longer kept. */
  since(version: number): StoredPatch[] | undefined {
    if (version >= this.version) return [];
    const oldest = this.#patches[0]?.version ?? Number.POSITIVE_INFINITY;
    return version + 1 < oldest ? undefined : this.#patches.filter((patch) => patch.version > version);
  }

  /** The whole collection, encoded as `SyncdSnapshot`. */
  snapshot(): Uint8Array {
    const records = [...this.#records.values()].map((record) => proto.SyncdRecord.decode(record));
    const { version } = this;
    return proto.SyncdSnapshot.encode({
      version: { version },
      records,
      mac: this.#mac,
      keyId: { id: this.#keyId },
    }).finish();
  }

  save(): CollectionState {
    const records = [...this.#records];
    return { version: this.version, records, patches: this.#patches, mac: this.#mac, keyId: this.#keyId };
  }

  load(state: CollectionState): void {
    this.version = state.version;
    this.#records.clear();
    for (const [index, record] of state.records) this.#records.set(index, record);
    this.#patches = [...state.patches];
    this.#mac = state.mac;
    this.#keyId = state.keyId;
  }

  #record(mutation: Proto.ISyncdMutation): void {
    const { record } = mutation;
    if (!record) return;
    const index = Buffer.from(record.index?.blob ?? []).toString('base64');
    if (mutation.operation === proto.SyncdMutation.SyncdOperation.REMOVE) this.#records.delete(index);
    else this.#records.set(index, proto.SyncdRecord.encode(record).finish());
  }
}
