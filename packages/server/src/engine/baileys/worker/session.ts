import type { AuthenticationCreds } from 'baileys';
import type { AskName } from '../../asks.ts';
import type { DisconnectCause, LinkMethod, Outbound, SessionFact, SessionHealth, SessionSpec } from '../../port.ts';
import { backoff } from '../backoff.ts';
import { settledWithin } from '../deferred.ts';
import { isFinal } from '../disconnect.ts';
import { linkedAccount } from './address.ts';
import { Desk } from './asks/desk.ts';
import { jidOf } from './asks/tools.ts';
import type { BodyWriter } from './body-writer.ts';
import { loadKeys, mediaSeals, recordSealer, type SessionStore, type WorkerContext } from './context.ts';
import { newCredentials } from './credentials-codec.ts';
import { sayFarewell } from './farewell.ts';
import { GroupCache } from './group-cache.ts';
import { GroupWatch } from './group-watch.ts';
import { historyOf } from './history/of-session.ts';
import type { HistoryReader } from './history/reader.ts';
import { SignalKeys } from './key-store.ts';
import { type SessionCaches, sessionCaches } from './library-cache.ts';
import { companionName, listenToLinking } from './linking.ts';
import { listenToStanzas } from './listeners.ts';
import { type CloseReason, LiveSocket } from './live-socket.ts';
import { OfflineDrain } from './offline-drain.ts';
import { dropOldPreKeys, PreKeyUpkeep } from './prekeys.ts';
import { PresenceWatch } from './presence-watch.ts';
import { Pulse } from './pulse.ts';
import { ReachOut } from './reach-out.ts';
import { Sender } from './sender.ts';
import type { InboundTap } from './signal.ts';
import { tapOf } from './tap-of-session.ts';
import { outsideTasks } from './task-scope.ts';
import { Watchdog } from './watchdog.ts';
import { Withheld } from './withheld.ts';
import { WriteStream } from './write-stream.ts';
import { writerOf } from './writer-of-session.ts';

export interface SessionDeps {
  spec: SessionSpec;
  context: WorkerContext;
  store: SessionStore;
  /** There are records to take. */
  wake: () => void;
  /** Nothing more will be pushed. */
  ended: (cause: DisconnectCause) => void;
}

const FAREWELL_MS = 2_000;
const REACH_OUT_LOCKED = '463';
/** A connection that lived this long starts the back-off anew. */
const STABLE_MS = 10_000;

/** One device's session: its keys, its stream to the database and, one after the other, its connections. */
export class Session {
  readonly stream: WriteStream;
  readonly #deps: SessionDeps;
  readonly #keys: SignalKeys;
  readonly #tap: InboundTap;
  readonly #caches: SessionCaches;
  readonly #groups = new GroupCache();
  readonly #writer: BodyWriter;
  readonly #sender: Sender;
  readonly #desk: Desk;
  readonly #watch: GroupWatch;
  readonly #presences: PresenceWatch;
  readonly #history: HistoryReader;
  #creds: AuthenticationCreds;
  /** Set while the device is not linked yet. */
  #linking: { method: LinkMethod; deadline: number } | undefined;
  #live: LiveSocket | undefined;
  #isOpen = false;
  #releaseSlot = (): void => {};
  #timer: NodeJS.Timeout | undefined;
  #attempt = 0;
  #over = false;
  #stopping = false;
  readonly #pulse = new Pulse();
  readonly #watchdog: Watchdog;
  readonly #drain = new OfflineDrain((messages, whole) => {
    this.#fact({ fact: 'drained', messages });
    if (whole) this.#preKeys.drained();
  });
  readonly #preKeys = new PreKeyUpkeep((offered) => {
    const { preKeyMargin } = this.#deps.context.settings;
    if (dropOldPreKeys(this.#keys, this.#creds, offered, preKeyMargin)) this.stream.pushCredentials();
  });
  readonly #withheld: Withheld;
  readonly #reachOut = new ReachOut((until) => this.#fact({ fact: 'reach_out_lock', until }));

  constructor(deps: SessionDeps, credentials?: AuthenticationCreds) {
    const { spec, context } = deps;
    const { settings } = context;
    this.#deps = deps;
    this.#creds = credentials ?? newCredentials();
    this.stream = new WriteStream(
      recordSealer(spec, () => this.#creds),
      deps.wake,
    );
    this.#keys = new SignalKeys((type, ids) => this.#load(type, ids), this.stream, settings.cachedKeys);
    this.#caches = sessionCaches(settings.cachedContacts, settings.contactTtlMs);
    this.#withheld = new Withheld(() => deps.store.unread(), this.#caches.placeholders);
    this.#tap = tapOf({
      ...deps,
      keys: this.#keys,
      stream: this.stream,
      creds: () => this.#creds,
      unreadable: () => this.#withheld.noted(),
      handled: (waId) => this.#drain.opened(waId),
      historyAnnounced: (seq) => this.#history.announced(seq),
    });
    const media = mediaSeals(spec);
    const [keys, tap] = [this.#keys, this.#tap];
    this.#history = historyOf({ ...deps, keys, tap, creds: () => this.#creds, live: () => this.#live });
    this.#writer = writerOf({ spec, creds: () => this.#creds, groups: this.#groups });
    const live = () => (this.#isOpen ? this.#live : undefined);
    this.#watchdog = new Watchdog({
      limits: settings.liveness,
      pulse: this.#pulse,
      fact: (fact) => this.#fact(fact),
      log: (text, fields) => context.log('warn', text, { deviceId: spec.deviceId, ...fields }),
    });
    this.#desk = new Desk({
      live,
      media: { mediaDir: settings.mediaDir, ...media },
      readAgain: (groupId) => this.#watch.changed(groupId),
      presences: () => this.#presences,
      changing: (groupId) => {
        if (groupId !== null) this.#groups.forget(`${groupId}@g.us`);
        this.#watch.changing();
      },
    });
    this.#watch = new GroupWatch({ tools: this.#desk.tools, record: (records) => this.stream.push({ records }) });
    this.#presences = new PresenceWatch({
      subscribe: (person) => this.#desk.tools.live().sock.presenceSubscribe(jidOf(person)),
      record: (records) => this.stream.push({ records }),
    });
    this.#sender = new Sender({
      live,
      caches: this.#caches,
      writer: this.#writer,
      lanes: settings.sendLanes,
      maxQueued: settings.sendQueue,
      forgetKeyHolders: (group) => this.#keys.set({ 'sender-key-memory': { [group]: null } }),
      left: (waId) => this.#watchdog.liveness.sent(waId),
    });
  }

  open(): void {
    this.#connect();
  }

  link(method: LinkMethod, deadline: number): void {
    this.#linking = { method, deadline };
    this.#connect();
  }

  /** Rejects with EngineSendError. */
  send(messages: readonly Outbound[]): Promise<void> {
    return this.#sender.send(messages);
  }

  /** Rejects with EngineAskError. */
  ask(name: AskName, input: unknown): Promise<unknown> {
    return this.#desk.answer(name, input);
  }

  /** Everything up to `seq` is in the database. */
  durable(seq: number): void {
    this.stream.settle(seq);
    this.#keys.settle(seq);
    this.#live?.gate.release();
    this.#history.durable(seq);
  }

  health(): SessionHealth {
    const live = this.#live;
    if (live && this.#isOpen) this.#pulse.ping(live);
    return this.#pulse.read(live, this.#watchdog.liveness);
  }

  /** Closes the connection after what is on its way has left, at most two seconds. */
  async stop(): Promise<void> {
    if (this.#over || this.#stopping) return;
    this.#stopping = true;
    this.#isOpen = false;
    const live = this.#live;
    if (live) await settledWithin(live.gate.drained(), FAREWELL_MS).catch(() => {});
    this.#finish({ cause: 'stopped' });
  }

  /** Cuts the connection and writes nothing more. */
  kill(): void {
    this.#over = true;
    this.#drop({ cause: 'stopped' });
  }

  /** Takes this companion off the account, as far as WhatsApp can be told, and wipes the credentials. */
  async logout(): Promise<void> {
    if (this.#over || this.#stopping) return;
    this.#stopping = true;
    await sayFarewell(this.#isOpen ? this.#live?.sock : undefined, this.#creds);
    this.#finish({ cause: 'logged_out' });
  }

  #connect(): void {
    // A send may have ended the connection before: what the next one does is no part of that send.
    void outsideTasks(() =>
      this.#deps.context.handshakeSlot().then((release) => (this.#over ? release() : this.#withSlot(release))),
    );
  }

  #withSlot(release: () => void): void {
    this.#releaseSlot = release;
    this.#fact({ fact: 'connecting' });
    this.#drain.begin();
    this.#preKeys.begin();
    this.#withheld.begin();
    try {
      this.#begin();
    } catch (error) {
      this.#log('error', 'a connection could not be made', error);
      this.#closed({ cause: 'network' });
    }
  }

  #begin(): void {
    const { context, store } = this.#deps;
    const { settings } = context;
    // Each attempt to link shows a new identity: a half-used one carries the phone number of a pairing code.
    if (this.#linking) this.#creds = newCredentials();
    const creds = this.#creds;
    const live: LiveSocket = new LiveSocket({
      context,
      creds,
      keys: this.#keys,
      stream: this.stream,
      store,
      writer: this.#writer,
      tap: this.#tap,
      caches: this.#caches,
      browser: companionName(this.#linking?.method, settings.deviceName),
      groupMetadata: (jid, sock) => this.#groups.read(jid, sock),
      closed: (reason) => this.#closed(reason),
    });
    this.#live = live;
    live.sock.ev.on('creds.update', (update) => {
      Object.assign(creds, update);
      if (!this.#linking) this.stream.pushCredentials();
    });
    listenToStanzas(live, {
      creds,
      stream: this.stream,
      tap: this.#tap,
      groups: this.#groups,
      groupChanged: (groupId) => this.#watch.changed(groupId),
      presence: (node) => this.#presences.seen(node),
      offered: (ids) => this.#preKeys.offered(ids),
      fact: (fact) => this.#fact(fact),
      receipt: (waIds) => {
        this.#pulse.receiptAt = Date.now();
        this.#watchdog.liveness.receipt(waIds);
      },
      acked: (waId, code) => {
        this.#watchdog.liveness.acked(waId);
        if (code === REACH_OUT_LOCKED) this.#reachOut.refused(live);
      },
      drain: this.#drain,
    });
    live.sock.ev.on('connection.update', ({ connection, qr }) => {
      if (qr) this.#shown(live);
      if (connection === 'open') this.#opened();
    });
    this.#reachOut.listen(live);
    this.#arm(live);
  }

  /** The handshake is done and something can be scanned or typed: from here on the phone's owner has the time. */
  #shown(live: LiveSocket): void {
    this.#releaseSlot();
    if (!this.#linking) return;
    clearTimeout(this.#timer);
    const left = Math.max(0, this.#linking.deadline - Date.now());
    this.#timer = setTimeout(() => live.end({ cause: 'link_timeout' }), left);
  }

  /** The deadline of reaching `open`, or something to scan or type. */
  #arm(live: LiveSocket): void {
    this.#timer = setTimeout(() => live.end({ cause: 'network' }), this.#deps.context.settings.openTimeoutMs);
    const linking = this.#linking;
    if (!linking) return;
    listenToLinking(live, {
      method: linking.method,
      fact: (fact) => this.#fact(fact),
      paired: () => this.#paired(),
      failed: (error) => {
        this.#log('warn', 'the pairing code could not be asked for', error);
        live.end({ cause: 'network' });
      },
    });
  }

  /** The phone accepted. What an earlier link left is wiped in the same commit that stores the new identity. */
  #paired(): void {
    clearTimeout(this.#timer);
    this.#linking = undefined;
    this.#keys.wiped(this.stream.wipe());
    this.stream.pushCredentials();
    if (this.#creds.me) this.#fact({ fact: 'paired', account: linkedAccount(this.#creds.me) });
  }

  #opened(): void {
    clearTimeout(this.#timer);
    this.#releaseSlot();
    if (this.#stopping) return;
    this.#isOpen = true;
    this.#pulse.connectedAt = Date.now();
    if (this.#creds.me) this.#fact({ fact: 'open', account: linkedAccount(this.#creds.me) });
    this.#drain.open();
    if (this.#live) {
      this.#pulse.ping(this.#live);
      this.#watchdog.watch(this.#live);
      this.#withheld.opened(this.#live);
    }
    this.#watch.opened();
    this.#presences.opened();
    this.#history.opened();
  }

  #closed(reason: CloseReason): void {
    if (this.#over || this.#stopping) return;
    const lived = this.#isOpen ? Date.now() - (this.#pulse.connectedAt ?? 0) : 0;
    const heardAt = this.#isOpen ? this.#pulse.heardAt(reason.cause, this.#live) : undefined;
    this.#drop(reason);
    if (isFinal(reason.cause) || (this.#linking && Date.now() >= this.#linking.deadline)) {
      this.#finish(this.#linking && !isFinal(reason.cause) ? { cause: 'link_timeout' } : reason);
      return;
    }
    if (lived >= STABLE_MS) this.#attempt = 0;
    const { reconnectBaseMs, reconnectCapMs } = this.#deps.context.settings;
    const atOnce = reason.cause === 'restart_required';
    const delay = atOnce ? 0 : backoff(this.#attempt, reconnectBaseMs, reconnectCapMs);
    if (!atOnce) this.#attempt += 1;
    const heard = heardAt === undefined ? {} : { heardAt };
    this.#fact({ fact: 'closed', ...reason, ...heard, retryAt: Date.now() + delay });
    this.#timer = setTimeout(() => this.#connect(), delay);
  }

  /** The session's end: WhatsApp's final word, a deadline, or ours. Credentials go only when the link itself is gone. */
  #finish(reason: CloseReason): void {
    if (this.#over) return;
    this.#over = true;
    this.#drop(reason);
    if (reason.cause === 'logged_out' && !this.#linking) this.#keys.wiped(this.stream.wipe());
    this.#fact({ fact: 'closed', ...reason });
    this.#deps.ended(reason.cause);
  }

  #drop(reason: CloseReason): void {
    clearTimeout(this.#timer);
    this.#releaseSlot();
    this.#isOpen = false;
    this.#desk.closed();
    this.#watch.closed();
    this.#presences.closed();
    this.#watchdog.stop();
    this.#drain.stop();
    this.#history.closed();
    const live = this.#live;
    this.#live = undefined;
    if (!live) return;
    this.#pulse.lastFrameAt = live.lastFrameAt;
    live.end(reason);
  }

  /** A key that cannot be read is not a key that is missing: the connection ends before a new session is made over it. */
  async #load(...[type, ids]: Parameters<ConstructorParameters<typeof SignalKeys>[0]>) {
    try {
      return await loadKeys(this.#deps.spec, this.#deps.store, type, ids);
    } catch (error) {
      // A session that is being ended gets no more answers, and needs none.
      if (!this.#over && !this.#stopping) this.#log('error', 'Signal keys could not be read', error);
      this.#live?.end({ cause: 'network' });
      throw error;
    }
  }

  #fact(fact: SessionFact): void {
    this.stream.push({ records: [{ kind: 'session', fact, at: Date.now() }] });
  }

  #log(level: 'warn' | 'error', text: string, error: unknown): void {
    const { deviceId } = this.#deps.spec;
    this.#deps.context.log(level, text, { deviceId, error: error instanceof Error ? error.name : 'unknown' });
  }
}
