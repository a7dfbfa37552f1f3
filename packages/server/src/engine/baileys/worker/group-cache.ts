import type { WASocket } from 'baileys';
import { EngineSendError } from '../../port.ts';
import { BoundedCache } from './bounded-cache.ts';
import { NOT_IN_IT } from './group-watch.ts';
import { answerCode } from './socket-hooks.ts';

type GroupMetadata = Awaited<ReturnType<WASocket['groupMetadata']>>;

const GROUPS = 200;
const TTL_MS = 60 * 60_000;

/** Members of the groups a session writes to; without it every group message costs a query. */
export class GroupCache {
  readonly #known = new BoundedCache<GroupMetadata>(GROUPS, TTL_MS);

  /** Rejects with EngineSendError, for good, for a group that is gone at WhatsApp or that the account is not in. */
  async read(jid: string, sock: WASocket): Promise<GroupMetadata> {
    const known = this.#known.get(jid);
    if (known) return known;
    const found = await sock.groupMetadata(jid).catch((error: unknown) => {
      throw notInIt(error) ?? error;
    });
    this.#known.set(jid, found);
    return found;
  }

  /** A notification said that the group changed. */
  forget(jid: string): void {
    this.#known.delete(jid);
  }
}

// Told apart here, where it is known what was asked: the same codes on a query for keys are worth another try.
function notInIt(error: unknown): EngineSendError | undefined {
  const code = answerCode(error);
  if (code === undefined || !NOT_IN_IT.has(code)) return undefined;
  return new EngineSendError('refused', 'the account is not in this group', false, { providerCode: String(code) });
}
