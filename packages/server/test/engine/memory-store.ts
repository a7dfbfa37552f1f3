import type { HistoryGroup, WaitingHistory } from '../../src/engine/history.ts';
import type {
  Address,
  DeviceBatch,
  EngineRecord,
  EngineStore,
  Outbound,
  OutboundBody,
  SessionFact,
  UnreadMessage,
} from '../../src/engine/port.ts';
import { unavailable } from '../../src/platform/db/db-error.ts';

/** One device's rows. */
interface DeviceRows {
  credentials: Uint8Array | null;
  keys: Map<string, Uint8Array>;
  records: EngineRecord[];
  /** Groups of history by part. */
  read: Map<string, HistoryGroup[]>;
}

type Waiter = { check: () => boolean; resolve: () => void };

/** As far as the names both have tell. */
function isSameChat(one: Address, other: Address): boolean {
  if (one.kind === 'group' && other.kind === 'group') return one.id === other.id;
  if (one.kind !== 'person' || other.kind !== 'person') return one.kind === other.kind;
  return one.phone === undefined || other.phone === undefined || one.phone === other.phone;
}

/**
 * An EngineStore in memory: applies whole commits in order, refuses stale tokens, and can be slowed, stopped and made
 * to reject like a real database.
 */
export class MemoryStore implements EngineStore {
  readonly devices = new Map<string, DeviceRows>();
  readonly tokens = new Map<string, number>();
  readonly sent = new Map<string, Outbound>();
  /** Who asked for a message again, in order. */
  readonly askers: Address[] = [];
  /** Milliseconds a commit takes. */
  latencyMs = 0;
  /** Commits reject while set. */
  failing = false;
  commits = 0;
  /** Reads of keys reject while set. */
  unreadable = false;
  #held: Promise<void> | undefined;
  #release = (): void => {};
  readonly #waiters = new Set<Waiter>();

  /** Commits wait until `resume`. */
  hold(): void {
    this.#held ??= new Promise((resolve) => {
      this.#release = resolve;
    });
  }

  resume(): void {
    this.#held = undefined;
    this.#release();
  }

  async loadCredentials(workspaceId: string, deviceId: string): Promise<Uint8Array | null> {
    return this.#rows(workspaceId, deviceId).credentials;
  }

  async loadKeys(workspaceId: string, deviceId: string, type: string, ids: readonly string[]) {
    if (this.unreadable) throw unavailable('the database is away');
    const { keys } = this.#rows(workspaceId, deviceId);
    const found = new Map<string, Uint8Array>();
    for (const id of ids) {
      const value = keys.get(`${type}/${id}`);
      if (value) found.set(id, value);
    }
    return found;
  }

  async commit(batches: readonly DeviceBatch[]): Promise<{ fenced: string[] }> {
    if (this.latencyMs > 0) await new Promise((resolve) => setTimeout(resolve, this.latencyMs));
    while (this.#held) await this.#held;
    if (this.failing) throw unavailable('the database is away');
    const fenced: string[] = [];
    for (const batch of batches) {
      const token = this.tokens.get(batch.deviceId) ?? 0;
      if (batch.token < token) fenced.push(batch.deviceId);
      else for (const record of batch.records) this.#apply(this.#rows(batch.workspaceId, batch.deviceId), record);
    }
    this.commits += 1;
    this.#look();
    return { fenced };
  }

  #look(): void {
    for (const waiter of this.#waiters) {
      if (!waiter.check()) continue;
      this.#waiters.delete(waiter);
      waiter.resolve();
    }
  }

  async findSent(_workspaceId: string, _deviceId: string, waId: string, asker: Address): Promise<OutboundBody | null> {
    this.askers.push(asker);
    const found = this.sent.get(waId);
    return found && isSameChat(found.to, asker) ? found : null;
  }

  async hasInbound(workspaceId: string, deviceId: string, waId: string): Promise<boolean> {
    return this.#rows(workspaceId, deviceId).records.some((one) => one.kind === 'inbound' && one.message.waId === waId);
  }

  async unread(workspaceId: string, deviceId: string): Promise<UnreadMessage[]> {
    const { records } = this.#rows(workspaceId, deviceId);
    const read = new Set(records.flatMap((one) => (one.kind === 'inbound' ? [one.message.waId] : [])));
    return records.flatMap((one): UnreadMessage[] => {
      if (one.kind !== 'undecryptable' || read.has(one.waId)) return [];
      const { waId, chat, sender: author, fromMe } = one;
      return [{ waId, chat, author, fromMe }];
    });
  }

  async nextHistory(workspaceId: string, deviceId: string): Promise<WaitingHistory | null> {
    const { records, read } = this.#rows(workspaceId, deviceId);
    const parts = records.flatMap((one) => (one.kind === 'history' ? [one.part] : []));
    const part = parts.find(({ waId }) => !read.get(waId)?.at(-1)?.end);
    return part ? { waId: part.waId, sealed: part.sealed, done: read.get(part.waId)?.at(-1)?.done ?? 0 } : null;
  }

  async commitHistory(group: HistoryGroup): Promise<boolean> {
    if (this.failing) throw unavailable('the database is away');
    if (group.token < (this.tokens.get(group.deviceId) ?? 0)) return false;
    const { read } = this.#rows(group.workspaceId, group.deviceId);
    read.set(group.waId, [...(read.get(group.waId) ?? []), group]);
    this.#look();
    return true;
  }

  /** Groups of history stored for a device, part by part. */
  history(deviceId: string): HistoryGroup[] {
    return [...this.#rows('wsp_1', deviceId).read.values()].flat();
  }

  /** Everything committed for a device, in order. */
  records(deviceId: string): EngineRecord[] {
    return this.#rows('wsp_1', deviceId).records;
  }

  facts(deviceId: string): SessionFact[] {
    return this.records(deviceId).flatMap((one) => (one.kind === 'session' ? [one.fact] : []));
  }

  inbound(deviceId: string) {
    return this.records(deviceId).flatMap((one) => (one.kind === 'inbound' ? [one.message] : []));
  }

  reports(deviceId: string) {
    return this.records(deviceId).flatMap((one) => (one.kind === 'report' ? [one.report] : []));
  }

  /** Resolves with what `find` returns as soon as it returns something; looks after each commit. */
  async until<T>(what: string, find: () => T | undefined | false, ms = 60_000): Promise<T> {
    const now = find();
    if (now) return now;
    await new Promise<void>((resolve, reject) => {
      const waiter: Waiter = {
        check: () => Boolean(find()),
        resolve: () => {
          clearTimeout(timer);
          resolve();
        },
      };
      const timer = setTimeout(() => {
        this.#waiters.delete(waiter);
        reject(new Error(`waited in vain for ${what}`));
      }, ms);
      this.#waiters.add(waiter);
    });
    const found = find();
    if (!found) throw new Error(`lost sight of ${what}`);
    return found;
  }

  /** Waits for a fact, counting from `from` facts on. */
  fact<F extends SessionFact['fact']>(deviceId: string, name: F, from = 0): Promise<Extract<SessionFact, { fact: F }>> {
    const isNamed = (fact: SessionFact): fact is Extract<SessionFact, { fact: F }> => fact.fact === name;
    return this.until(`${name} of ${deviceId}`, () => this.facts(deviceId).slice(from).find(isNamed));
  }

  #rows(workspaceId: string, deviceId: string): DeviceRows {
    const name = `${workspaceId}/${deviceId}`;
    const rows = this.devices.get(name) ?? { credentials: null, keys: new Map(), records: [], read: new Map() };
    this.devices.set(name, rows);
    return rows;
  }

  #apply(rows: DeviceRows, record: EngineRecord): void {
    if (record.kind === 'credentials') {
      rows.credentials = record.sealed;
      if (record.sealed === null) rows.keys.clear();
    } else if (record.kind === 'keys') {
      for (const { type, id, sealed } of record.entries) {
        if (sealed === null) rows.keys.delete(`${type}/${id}`);
        else rows.keys.set(`${type}/${id}`, sealed);
      }
    } else rows.records.push(record);
  }
}
