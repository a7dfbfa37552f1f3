import { type proto as Proto, proto, toNumber } from 'baileys';
import type { Mutation } from './actions.ts';
import type { CollectionName } from './collections.ts';
import { EMPTY_HASH, updateHash } from './lt-hash.ts';
import * as crypto from './mutation-keys.ts';

const { SET, REMOVE } = proto.SyncdMutation.SyncdOperation;

/** What the phone knows of one collection. */
export interface PhoneCollection {
  version: number;
  hash: Buffer;
  /** Value MACs by index MAC (base64), needed to take a replaced value out of the hash. */
  readonly macs: Map<string, Buffer>;
  /** Encoded `SyncActionData` by index (JSON text). */
  readonly values: Map<string, Uint8Array>;
}

/** Source of IVs and keys, so that a seeded network is reproducible. */
export interface RandomBytes {
  bytes(length: number): Buffer;
}

/** A patch whose MACs do not fit; the phone keeps its own state. */
export class AppStateMacError extends Error {
  constructor(what: string) {
    super(`app-state patch refused: ${what}`);
    this.name = 'AppStateMacError';
  }
}

/**
 * App state as the phone sees it: it alone (with the companions) holds the key, so it decodes and checks what companions
 * upload and composes patches of its own.
 */
export class PhoneAppState {
  readonly key: crypto.AppStateKey;
  readonly #keys: crypto.MutationKeys;
  readonly #random: RandomBytes;
  readonly #collections = new Map<CollectionName, PhoneCollection>();

  constructor(key: crypto.AppStateKey, random: RandomBytes) {
    this.key = key;
    this.#keys = crypto.deriveMutationKeys(key.data);
    this.#random = random;
  }

  collection(name: CollectionName): PhoneCollection {
    let found = this.#collections.get(name);
    if (!found) {
      found = { version: 0, hash: EMPTY_HASH, macs: new Map(), values: new Map() };
      this.#collections.set(name, found);
    }
    return found;
  }

  restore(name: CollectionName, state: PhoneCollection): void {
    this.#collections.set(name, state);
  }

  /** Value stored under an index such as `['archive', jid]`; undefined when absent or removed. */
  value(name: CollectionName, index: readonly string[]): Proto.ISyncActionValue | undefined {
    const encoded = this.collection(name).values.get(JSON.stringify(index));
    return encoded ? (proto.SyncActionData.decode(encoded).value ?? undefined) : undefined;
  }

  /** Encrypts and seals the mutations, all of one collection, as the patch that follows the phone's version. */
  compose(name: CollectionName, mutations: readonly Mutation[]): Proto.ISyncdPatch {
    const state = this.collection(name);
    const sealed = mutations.map((mutation) => this.#seal(mutation));
    const { hash } = advance(state, sealed);
    const version = state.version + 1;
    const snapshot = crypto.snapshotMac(this.#keys, { hash, version, name });
    const valueMacs = sealed.map((item) => item.valueMac);
    return {
      keyId: { id: this.key.id },
      snapshotMac: snapshot,
      patchMac: crypto.patchMac(this.#keys, { snapshotMac: snapshot, valueMacs, version, name }),
      mutations: sealed.map((item) => item.wire),
    };
  }

  /** Checks and applies a patch the server accepted. Throws {@link AppStateMacError} and changes nothing when it does not fit. */
  apply(name: CollectionName, patch: Proto.ISyncdPatch): Mutation[] {
    const state = this.collection(name);
    const version = toNumber(patch.version?.version ?? undefined);
    if (!patch.keyId?.id || !this.key.id.equals(patch.keyId.id)) throw new AppStateMacError('unknown key');
    const opened = (patch.mutations ?? []).map((mutation) => this.#open(name, mutation));
    const valueMacs = opened.map((item) => item.valueMac);
    const snapshotMac = patch.snapshotMac ?? Buffer.alloc(0);
    const expected = crypto.patchMac(this.#keys, { snapshotMac, valueMacs, version, name });
    if (!expected.equals(patch.patchMac ?? Buffer.alloc(0))) throw new AppStateMacError('patch MAC');
    const { hash, macs } = advance(state, opened);
    if (!crypto.snapshotMac(this.#keys, { hash, version, name }).equals(snapshotMac))
      throw new AppStateMacError('snapshot MAC');
    state.hash = hash;
    state.version = version;
    for (const [index, mac] of macs) {
      if (mac) state.macs.set(index, mac);
      else state.macs.delete(index);
    }
    for (const item of opened) {
      const key = JSON.stringify(item.mutation.index);
      if (item.operation === 'remove') state.values.delete(key);
      else state.values.set(key, item.plain);
    }
    return opened.map((item) => item.mutation);
  }

  #seal(mutation: Mutation): Sealed & { wire: Proto.ISyncdMutation } {
    const { operation } = mutation;
    const index = Buffer.from(JSON.stringify(mutation.index));
    const data = { index, value: mutation.value, padding: new Uint8Array(0), version: mutation.apiVersion };
    const plain = proto.SyncActionData.encode(proto.SyncActionData.fromObject(data)).finish();
    const encrypted = crypto.encryptValue(this.#keys.valueEncryption, plain, this.#random.bytes(16));
    const mac = crypto.valueMac(this.#keys, { operation, keyId: this.key.id, encrypted });
    const indexMac = crypto.indexMac(this.#keys, index);
    const record = {
      index: { blob: indexMac },
      value: { blob: Buffer.concat([encrypted, mac]) },
      keyId: { id: this.key.id },
    };
    const wire = { operation: operation === 'set' ? SET : REMOVE, record };
    return { operation, indexMac: indexMac.toString('base64'), valueMac: mac, wire };
  }

  #open(name: CollectionName, wire: Proto.ISyncdMutation): Sealed & { plain: Uint8Array; mutation: Mutation } {
    const operation = wire.operation === REMOVE ? 'remove' : 'set';
    const blob = Buffer.from(wire.record?.value?.blob ?? []);
    const [encrypted, mac] = [blob.subarray(0, -32), blob.subarray(-32)];
    const keyId = wire.record?.keyId?.id ?? Buffer.alloc(0);
    const expected = crypto.valueMac(this.#keys, { operation, keyId, encrypted });
    if (!expected.equals(mac)) throw new AppStateMacError('value MAC');
    const plain = crypto.decryptValue(this.#keys.valueEncryption, encrypted);
    const data = proto.SyncActionData.decode(plain);
    const index = Buffer.from(data.index ?? []);
    const indexMac = Buffer.from(wire.record?.index?.blob ?? []);
    if (!crypto.indexMac(this.#keys, index).equals(indexMac)) throw new AppStateMacError('index MAC');
    const mutation: Mutation = {
      collection: name,
      operation,
      index: indexArray(index),
      value: data.value ?? {},
      apiVersion: data.version ?? 0,
    };
    return { operation, indexMac: indexMac.toString('base64'), valueMac: mac, plain, mutation };
  }
}

interface Sealed {
  readonly operation: crypto.Operation;
  readonly indexMac: string;
  readonly valueMac: Buffer;
}

/** The hash after these changes, and what becomes of each index they touch; the state itself stays as it is. */
function advance(
  state: PhoneCollection,
  changes: readonly Sealed[],
): { hash: Buffer; macs: Map<string, Buffer | undefined> } {
  const macs = new Map<string, Buffer | undefined>();
  const [removed, added]: [Buffer[], Buffer[]] = [[], []];
  for (const change of changes) {
    const before = macs.has(change.indexMac) ? macs.get(change.indexMac) : state.macs.get(change.indexMac);
    if (before) removed.push(before);
    if (change.operation === 'set') added.push(change.valueMac);
    macs.set(change.indexMac, change.operation === 'set' ? change.valueMac : undefined);
  }
  return { hash: updateHash(state.hash, removed, added), macs };
}

function indexArray(index: Buffer): string[] {
  const parsed: unknown = JSON.parse(index.toString('utf8'));
  if (!Array.isArray(parsed)) throw new AppStateMacError('index is no array');
  return parsed.map(String);
}
