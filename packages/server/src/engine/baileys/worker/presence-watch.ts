import type { BinaryNode } from 'baileys';
import { EngineAskError, type PresenceFact, type PresenceState, type WatchedPerson } from '../../asks.ts';
import type { Address, EngineRecord } from '../../port.ts';
import { lidUser, phoneUser } from './address.ts';

/** People one device follows at a time. */
export const MAX_WATCHED = 100;
/** Of one person at most one change is told in this time: the latest. */
export const GAP_MS = 2_000;

interface Watched extends WatchedPerson {
  state: PresenceState | null;
  /** Unix milliseconds; null where WhatsApp does not tell. */
  lastSeen: number | null;
  /** When a change of it was last told. */
  toldAt: number;
  timer: NodeJS.Timeout | undefined;
}

export interface PresenceWatchDeps {
  /** Asks WhatsApp to tell of a person from now on, for as long as the connection lives. Rejects where there is none. */
  subscribe(person: Address): Promise<void>;
  record(records: EngineRecord[]): void;
}

/** What a stanza says of somebody's presence: Baileys reads the same of `presence` and `chatstate`. */
function stateOf(node: BinaryNode): { state: PresenceState; lastSeen: number | null } | undefined {
  if (node.tag === 'presence') {
    const last = Number(node.attrs.last);
    const lastSeen = Number.isFinite(last) && last > 0 ? last * 1000 : null;
    return { state: node.attrs.type === 'unavailable' ? 'unavailable' : 'available', lastSeen };
  }
  const [child] = Array.isArray(node.content) ? node.content : [];
  if (child?.tag === 'paused') return { state: 'available', lastSeen: null };
  if (child?.tag !== 'composing') return undefined;
  return { state: child.attrs.media === 'audio' ? 'recording' : 'composing', lastSeen: null };
}

/**
 * Follows people's presence for as long as was asked. WhatsApp forgets with each connection, so the next one asks again;
 * it is kept nowhere else, and ends with the session.
 */
export class PresenceWatch {
  readonly #deps: PresenceWatchDeps;
  readonly #people = new Map<string, Watched>();

  constructor(deps: PresenceWatchDeps) {
    this.#deps = deps;
  }

  /** Begins to follow somebody, or goes on for longer. Throws `refused` where too many are followed. */
  async watch(wanted: WatchedPerson): Promise<PresenceFact> {
    this.#expire();
    const known = this.#people.get(wanted.ref);
    if (!known && this.#people.size >= MAX_WATCHED)
      throw new EngineAskError('refused', `this device follows ${MAX_WATCHED} people already`);
    await this.#deps.subscribe(wanted.person);
    const fresh: Watched = { ...wanted, state: null, lastSeen: null, toldAt: 0, timer: undefined };
    const entry = Object.assign(this.#people.get(wanted.ref) ?? fresh, wanted);
    this.#people.set(wanted.ref, entry);
    return factOf(entry);
  }

  unwatch(ref: string): void {
    clearTimeout(this.#people.get(ref)?.timer);
    this.#people.delete(ref);
  }

  list(): PresenceFact[] {
    this.#expire();
    return [...this.#people.values()].map(factOf);
  }

  /** A connection is open: it knows of nobody yet. */
  opened(): void {
    this.#expire();
    for (const { person } of this.#people.values()) {
      // With the connection gone again, the next one asks.
      this.#deps.subscribe(person).catch(() => {});
    }
  }

  /** Nothing more is told until the next connection; what was known last may be old by then. */
  closed(): void {
    for (const one of this.#people.values()) {
      clearTimeout(one.timer);
      Object.assign(one, { timer: undefined, state: null, lastSeen: null });
    }
  }

  /** A stanza about somebody, perhaps one that is followed. */
  seen(node: BinaryNode): void {
    const { from, participant } = node.attrs;
    const found = participant === undefined ? stateOf(node) : undefined;
    const one = found && this.#find(from);
    if (!one || !found) return;
    const isNew = one.state !== found.state || (found.lastSeen !== null && found.lastSeen !== one.lastSeen);
    if (!isNew || one.until <= Date.now()) return;
    Object.assign(one, found);
    const wait = one.toldAt + GAP_MS - Date.now();
    if (wait <= 0) this.#tell(one);
    else one.timer ??= setTimeout(() => this.#tell(one), wait).unref();
  }

  #tell(one: Watched): void {
    clearTimeout(one.timer);
    Object.assign(one, { timer: undefined, toldAt: Date.now() });
    if (one.state === null) return;
    const { ref, state, lastSeen } = one;
    this.#deps.record([{ kind: 'presence', ref, state, at: Date.now(), ...(lastSeen === null ? {} : { lastSeen }) }]);
  }

  #find(jid: string | undefined): Watched | undefined {
    const phone = phoneUser(jid);
    const lid = lidUser(jid);
    return [...this.#people.values()].find(
      ({ person }) =>
        person.kind === 'person' &&
        ((phone !== undefined && person.phone === `+${phone}`) || (lid !== undefined && person.lid === lid)),
    );
  }

  #expire(): void {
    for (const { ref, until } of [...this.#people.values()]) if (until <= Date.now()) this.unwatch(ref);
  }
}

function factOf({ ref, until, state, lastSeen }: Watched): PresenceFact {
  return { ref, until, state, lastSeen };
}
