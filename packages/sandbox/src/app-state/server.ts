import { type proto as Proto, proto } from 'baileys';
import { bytes, child, children, type Node, node } from '../codec/node.ts';
import { errorText } from '../errors.ts';
import type { BlobStore } from '../media/blob-store.ts';
import { storeMedia } from '../media/encrypt.ts';
import { stripQuery } from '../media/faults.ts';
import { AccountAppState, type AccountAppStateSnapshot } from './account-state.ts';
import { type Mutation, type PhoneAction, toMutation } from './actions.ts';
import type { ServerCollection, StoredPatch } from './collection.ts';
import { type CollectionName, isCollectionName } from './collections.ts';
import { type AppStateKey, newAppStateKey } from './key-share.ts';
import type { RandomBytes } from './phone-state.ts';

/** Patches in one answer; a client asks again while `has_more_patches` is true. */
const PAGE = 50;
/** A new client gets up to this many patches instead of a snapshot: one answer, and no blob to fetch. */
const FEW = 20;
/** Snapshot blobs kept per collection: the newest, and the one before for a download still under way. */
const SNAPSHOTS_KEPT = 2;

/** A collection has a new version. `author` is the device that made it; 0 is the phone. */
export interface AppStateChange {
  readonly user: string;
  readonly author: number;
  readonly collection: CollectionName;
  readonly version: number;
  /** What the phone read in the patch; empty when it had to refuse it. */
  readonly mutations: readonly Mutation[];
  /** Why the phone refused a companion's patch. The server cannot check MACs and has accepted it. */
  readonly refused?: string;
}

export interface AppStateServerOptions {
  readonly random: RandomBytes;
  /** Where snapshots are put. Without it every answer consists of patches. */
  readonly blobs?: BlobStore;
  /** Called after each change; has to notify every companion of the account but the author. Must not throw. */
  readonly onChange: (change: AppStateChange) => void;
}

/** App state of every account on the network: answers `w:sync:app:state` and lets phones make changes. */
export class AppStateServer {
  readonly #options: AppStateServerOptions;
  readonly #accounts = new Map<string, AccountAppState>();
  readonly #snapshots = new Map<ServerCollection, { version: number; reference: Uint8Array; path: string }[]>();

  constructor(options: AppStateServerOptions) {
    this.#options = options;
  }

  /** State of one account (digits of its number), made with a key of its own when first asked for. */
  account(user: string): AccountAppState {
    return this.#accounts.get(user) ?? this.#add(user, newAppStateKey(this.#options.random));
  }

  /** The key the phone shares with each new companion. */
  keyOf(user: string): AppStateKey {
    return this.account(user).phone.key;
  }

  /** Answers one `<iq xmlns="w:sync:app:state">`: uploads of patches, patches newer than the client's, or a snapshot. */
  handleSync(account: { readonly user: string }, device: { readonly id: number }, iq: Node): Node {
    const asked = children(child(iq, 'sync'), 'collection');
    const answers = asked.map((item) => this.#answer({ user: account.user, author: device.id }, item));
    const attrs = { id: iq.attrs.id, type: 'result', from: iq.attrs.to ?? 's.whatsapp.net' };
    return node('iq', attrs, [node('sync', {}, answers)]);
  }

  /** Does on the phone what a person would; companions are notified. Returns the collection's new version. */
  act(user: string, action: PhoneAction, now = Date.now()): number {
    const mutation = toMutation(action, now);
    const patch = this.account(user).phone.compose(mutation.collection, [mutation]);
    const stored = this.#store({ user, author: 0 }, mutation.collection, patch);
    if (!stored) throw new RangeError(`collection ${mutation.collection} is full`);
    return stored.version;
  }

  /**
   * Files the account's own name when there is nothing yet; clients wait for it before they call themselves synced.
   * Nobody is notified: the device about to be linked has no key so far, and will ask by itself.
   */
  introduce(user: string, name: string): void {
    const state = this.account(user);
    if (state.collection('critical_block').version > 0) return;
    const mutation = toMutation({ type: 'pushName', name }, Date.now());
    const stored = state.collection(mutation.collection).append(state.phone.compose(mutation.collection, [mutation]));
    if (stored) readOnPhone(state, mutation.collection, stored);
  }

  save(): [user: string, state: AccountAppStateSnapshot][] {
    return [...this.#accounts].map(([user, state]) => [user, state.save()]);
  }

  load(saved: readonly (readonly [user: string, state: AccountAppStateSnapshot])[]): void {
    for (const [user, state] of saved) this.#add(user, state.key).load(state);
  }

  #add(user: string, key: AppStateKey): AccountAppState {
    const made = new AccountAppState(key, this.#options.random);
    this.#accounts.set(user, made);
    return made;
  }

  #answer(by: Author, asked: Node): Node {
    const { name } = asked.attrs;
    if (!isCollectionName(name)) return failed(name ?? '', { code: '400', text: 'bad-request' });
    const collection = this.account(by.user).collection(name);
    const version = Number(asked.attrs.version ?? 0);
    const upload = child(asked, 'patch');
    if (upload) return this.#upload(by, name, { version, content: bytes(upload) });
    const patches = collection.since(version);
    const asksForAll = asked.attrs.return_snapshot === 'true';
    // A client that asks for all although it has a version does not trust its own state: patches would not mend it.
    const needsAll = !patches || version > collection.version || (asksForAll && (version > 0 || patches.length > FEW));
    if (collection.version > 0 && needsAll) {
      const reference = this.#snapshot(collection);
      if (reference) return result(name, collection.version, [node('snapshot', {}, reference)]);
    }
    return page(name, collection, patches ?? []);
  }

  #upload(by: Author, name: CollectionName, given: { version: number; content: Buffer }): Node {
    const collection = this.account(by.user).collection(name);
    // Another device was first: the client has to apply what it missed and compose its patch anew.
    if (given.version !== collection.version) {
      const missed = (collection.since(given.version) ?? []).slice(0, PAGE);
      return failed(name, { code: '409', text: 'conflict' }, missed, collection.version);
    }
    const patch = decodePatch(given.content);
    if (!patch) return failed(name, { code: '400', text: 'bad-request' });
    const stored = this.#store(by, name, patch);
    return stored ? result(name, stored.version, []) : failed(name, { code: '507', text: 'insufficient-storage' });
  }

  #store(by: Author, name: CollectionName, patch: Proto.ISyncdPatch): StoredPatch | undefined {
    const state = this.account(by.user);
    const stored = state.collection(name).append(patch);
    if (!stored) return undefined;
    const change = { ...by, collection: name, version: stored.version };
    this.#options.onChange({ ...change, ...readOnPhone(state, name, stored) });
    return stored;
  }

  #snapshot(collection: ServerCollection): Uint8Array | undefined {
    const made = this.#snapshots.get(collection) ?? [];
    const current = made.find((item) => item.version === collection.version);
    if (current) return current.reference;
    const { blobs, random } = this.#options;
    if (!blobs) return undefined;
    const blob = storeMedia(blobs, collection.snapshot(), { mediaKey: random.bytes(32), kind: 'md-app-state' });
    if (!blob) return undefined;
    const { fileLength, ...rest } = blob;
    const reference = proto.ExternalBlobReference.encode({ ...rest, fileSizeBytes: fileLength }).finish();
    made.push({ version: collection.version, reference, path: stripQuery(blob.directPath) });
    for (const old of made.splice(0, made.length - SNAPSHOTS_KEPT)) blobs.delete(old.path);
    this.#snapshots.set(collection, made);
    return reference;
  }
}

interface Author {
  readonly user: string;
  readonly author: number;
}

/** The server accepts what it cannot check; a phone that has to refuse it only follows the version. */
function readOnPhone(
  state: AccountAppState,
  name: CollectionName,
  patch: StoredPatch,
): Pick<AppStateChange, 'mutations' | 'refused'> {
  try {
    return { mutations: state.phone.apply(name, proto.SyncdPatch.decode(patch.bytes)) };
  } catch (error) {
    state.phone.collection(name).version = patch.version;
    return { mutations: [], refused: errorText(error) };
  }
}

/** Tells a companion that a collection has a newer version. */
export function syncNotification(
  to: { readonly jid: string; readonly id: string; readonly t: string },
  change: AppStateChange,
): Node {
  const collection = node('collection', { name: change.collection, version: String(change.version) });
  return node('notification', { id: to.id, type: 'server_sync', from: to.jid, t: to.t }, [collection]);
}

function page(name: CollectionName, collection: ServerCollection, patches: StoredPatch[]): Node {
  const part = patches.slice(0, PAGE);
  const more = patches.length > part.length;
  const version = more ? (part.at(-1)?.version ?? collection.version) : collection.version;
  return result(name, version, part.length === 0 ? [] : [patchList(part)], more);
}

function result(name: CollectionName, version: number, content: Node[], more = false): Node {
  const attrs = { name, type: 'result', version: String(version), has_more_patches: String(more) };
  return node('collection', attrs, content.length === 0 ? undefined : content);
}

function failed(name: string, error: { code: string; text: string }, missed: StoredPatch[] = [], version = 0): Node {
  const content = [node('error', error), ...(missed.length === 0 ? [] : [patchList(missed)])];
  return node('collection', { name, type: 'error', version: String(version) }, content);
}

const patchList = (patches: StoredPatch[]): Node =>
  node(
    'patches',
    {},
    patches.map((patch) => node('patch', {}, patch.bytes)),
  );

function decodePatch(content: Buffer): Proto.ISyncdPatch | undefined {
  try {
    const patch = proto.SyncdPatch.decode(content);
    return patch.mutations.length > 0 && patch.keyId ? patch : undefined;
  } catch {
    return undefined;
  }
}
