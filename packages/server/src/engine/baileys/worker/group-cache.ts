import type { WASocket } from 'baileys';
import { BoundedCache } from './bounded-cache.ts';

type GroupMetadata = Awaited<ReturnType<WASocket['groupMetadata']>>;

const GROUPS = 200;
const TTL_MS = 60 * 60_000;

/** Members of the groups a session writes to; without it every group message costs a query. */
export class GroupCache {
  readonly #known = new BoundedCache<GroupMetadata>(GROUPS, TTL_MS);

  async read(jid: string, sock: WASocket): Promise<GroupMetadata> {
    const known = this.#known.get(jid);
    if (known) return known;
    const found = await sock.groupMetadata(jid);
    this.#known.set(jid, found);
    return found;
  }

  /** A notification said that the group changed. */
  forget(jid: string): void {
    this.#known.delete(jid);
  }
}
