import type { GroupSnapshot } from '../../asks.ts';
import type { EngineRecord } from '../../port.ts';
import { readAll, readOne } from './asks/groups.ts';
import { type AskTools, askError } from './asks/tools.ts';

/** Notifications of one group come in bursts: it is read once for all that come in this time. */
const GATHER_MS = 250;
/** Above this many groups to read, all are read at once. */
const MAX_PENDING = 100;
/** After a connection opens: hundreds of devices reconnect together, and none of them is in a hurry. */
const SETTLE_MS = 1_000;
const SPREAD_MS = 3_000;
/** WhatsApp says so of a group the account is not in. */
export const NOT_IN_IT: ReadonlySet<number> = new Set([401, 403, 404, 410]);

export interface GroupWatchDeps {
  tools: AskTools;
  record: (records: EngineRecord[]) => void;
}

/**
 * Keeps what is recorded of the account's groups true. A notification tells only that a group changed: it is read whole,
 * so that one that was missed or misread is made good by the next. Every new connection reads them all once.
 */
export class GroupWatch {
  readonly #deps: GroupWatchDeps;
  readonly #pending = new Set<string>();
  #timer: NodeJS.Timeout | undefined;
  #all = false;
  /** Changes this device has made or begun: what was read across one is thrown away. */
  #changes = 0;

  constructor(deps: GroupWatchDeps) {
    this.#deps = deps;
  }

  opened(): void {
    this.#all = true;
    this.#schedule(SETTLE_MS + Math.random() * SPREAD_MS);
  }

  changed(groupId: string): void {
    this.#pending.add(groupId);
    if (this.#pending.size > MAX_PENDING) this.#all = true;
    // What waits for a whole reading may take longer; a change does not.
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#schedule(GATHER_MS);
  }

  /** This device changes its groups itself, now. */
  changing(): void {
    this.#changes += 1;
  }

  /** The connection is gone: the next one reads everything. */
  closed(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#pending.clear();
  }

  #schedule(ms: number): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      void this.#read();
    }, ms);
    this.#timer.unref();
  }

  async #read(): Promise<void> {
    const wanted = [...this.#pending];
    this.#pending.clear();
    try {
      if (!this.#all) for (const id of wanted) await this.#readOne(id);
      else {
        await this.#readAll();
        this.#all = false;
      }
    } catch {
      // The connection went, or WhatsApp does not answer: the next connection, or the next change, reads again.
    }
  }

  async #readAll(): Promise<void> {
    const groups = await this.#steady(() => readAll(this.#deps.tools));
    const records = groups.map((group): EngineRecord => ({ kind: 'group', group }));
    this.#deps.record([...records, { kind: 'groups_known', ids: groups.map(({ id }) => id) }]);
  }

  async #readOne(id: string): Promise<void> {
    const read = () =>
      readOne(this.#deps.tools, { id }).catch((error: unknown): GroupSnapshot | null => {
        const known = askError(error);
        if (NOT_IN_IT.has(known.code ?? 0)) return null;
        throw known;
      });
    const group = await this.#steady(read);
    this.#deps.record([group ? { kind: 'group', group } : { kind: 'group_left', id }]);
  }

  /** Reads until this device has changed nothing meanwhile: an older state must not be recorded over a newer one. */
  async #steady<T>(read: () => Promise<T>): Promise<T> {
    for (;;) {
      const before = this.#changes;
      const found = await read();
      if (before === this.#changes) return found;
    }
  }
}
