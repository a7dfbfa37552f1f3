import type { MasterKeys } from '../../platform/crypto/master-keys.ts';
import { seal, unseal } from '../../platform/crypto/seal.ts';
import type { Queryable } from '../../platform/db/port.ts';
import { StartupError } from '../../platform/errors.ts';
import { findWorkspace } from './store.ts';

const MAX_CACHED = 1_000;

/** Opens workspaces' data keys with the master key and keeps the recent ones in memory, never anywhere else. */
export class DataKeys {
  readonly #db: Queryable;
  readonly #masterKeys: MasterKeys;
  readonly #cache = new Map<string, Buffer>();

  constructor(db: Queryable, masterKeys: MasterKeys) {
    this.#db = db;
    this.#masterKeys = masterKeys;
  }

  /** The workspace's 32-byte data key. Throws when the workspace is gone or the master key is another. */
  async get(workspaceId: string): Promise<Buffer> {
    const cached = this.#cache.get(workspaceId);
    if (cached) return cached;
    const workspace = await findWorkspace(this.#db, workspaceId);
    if (!workspace) throw new Error(`workspace ${workspaceId} is gone`);
    const key = await this.#unwrap(workspace);
    if (this.#cache.size >= MAX_CACHED) this.#cache.delete(this.#cache.keys().next().value ?? '');
    this.#cache.set(workspaceId, key);
    return key;
  }

  // A rotation another process carried out may have been missed: then the key files know better than we do.
  async #unwrap(workspace: { id: string; data_key: Uint8Array }): Promise<Buffer> {
    try {
      return this.#masterKeys.unwrap(workspace.id, workspace.data_key);
    } catch (error) {
      if (!(error instanceof StartupError)) throw error;
      await this.#masterKeys.refresh();
      return this.#masterKeys.unwrap(workspace.id, workspace.data_key);
    }
  }

  /** Drops a key from memory: its workspace is gone. */
  forget(workspaceId: string): void {
    this.#cache.delete(workspaceId);
  }

  async seal(workspaceId: string, plain: string, context: string): Promise<Buffer> {
    return seal(await this.get(workspaceId), Buffer.from(plain), `${workspaceId}/${context}`);
  }

  async open(workspaceId: string, sealed: Uint8Array, context: string): Promise<string> {
    return unseal(await this.get(workspaceId), sealed, `${workspaceId}/${context}`).toString();
  }
}
