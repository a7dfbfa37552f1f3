import {
  type AuthenticationCreds,
  type BinaryNode,
  DEFAULT_CONNECTION_CONFIG,
  makeWASocket,
  type WASocket,
} from 'baileys';
import { faultPoint } from '../../../platform/fault-points.ts';
import type { DeafSign, DisconnectCause } from '../../port.ts';
import { type CloseSource, disconnectCause } from '../disconnect.ts';
import { chatAddress } from './address.ts';
import { readsLogger } from './app-state.ts';
import type { BodyWriter } from './body-writer.ts';
import type { SessionStore, WorkerContext } from './context.ts';
import { FrameGate } from './frame-gate.ts';
import type { SignalKeys } from './key-store.ts';
import { libraryCache, type SessionCaches } from './library-cache.ts';
import { boundLidMapping } from './lid-mapping.ts';
import type { InboundTap } from './signal.ts';
import { CONNECTION_CODES, errorCode, guardListeners, type RawSocket, rawSocket } from './socket-hooks.ts';
import { taskScope } from './task-scope.ts';
import type { WriteStream } from './write-stream.ts';

/** Why a connection ended. */
export interface CloseReason {
  cause: DisconnectCause;
  code?: number;
  /** With `deaf`. */
  sign?: DeafSign;
  /** Unix ms, where WhatsApp says when a ban ends. */
  until?: number;
}

export interface SocketDeps {
  context: WorkerContext;
  creds: AuthenticationCreds;
  keys: SignalKeys;
  stream: WriteStream;
  store: SessionStore;
  writer: BodyWriter;
  tap: InboundTap;
  caches: SessionCaches;
  browser: [string, string, string];
  groupMetadata: (jid: string, socket: WASocket) => ReturnType<WASocket['groupMetadata']>;
  /** Called once, when the connection is over. */
  closed: (reason: CloseReason) => void;
}

/** Connections that end are cut after this; a dead peer never answers the closing handshake. */
const CLOSE_GRACE_MS = 1_000;
const QUERY_TIMEOUT_MS = 30_000;

/** One connection to WhatsApp: a Baileys socket with its frames gated and its failures caught. Never used twice. */
export class LiveSocket {
  readonly sock: WASocket;
  readonly gate: FrameGate;
  readonly #deps: SocketDeps;
  readonly #raw: RawSocket;
  #reason: CloseReason | undefined;
  #over = false;
  lastFrameAt: number | undefined;

  constructor(deps: SocketDeps) {
    this.#deps = deps;
    const { stream, keys } = deps;
    this.sock = makeWASocket(this.#config());
    this.#raw = rawSocket(this.sock.ws);
    this.gate = new FrameGate({
      barrier: () => {
        keys.flushOpen();
        return stream.pushed;
      },
      durable: () => stream.durable,
      write: (frame) => {
        faultPoint('worker.before-frame');
        this.#raw.write(frame);
        faultPoint('worker.after-frame');
      },
      maxFrames: deps.context.settings.gateFrames,
      maxBytes: deps.context.settings.gateBytes,
      overflow: () => this.end({ cause: 'network' }),
    });
    this.#raw.intercept((frame) => this.#accept(frame));
    guardListeners(this.sock.ws, (error) => this.#fault(error));
    this.#watch();
  }

  /** Ends the connection. The first reason given is the one reported. */
  end(reason: CloseReason): void {
    this.#reason ??= reason;
    this.gate.close();
    void this.sock.end(undefined).catch(() => {});
    setTimeout(() => {
      this.#raw.terminate();
      this.#finish();
    }, CLOSE_GRACE_MS).unref();
  }

  #accept(frame: Uint8Array): void {
    const { send } = taskScope();
    if (send) faultPoint('worker.encrypted');
    const number = this.gate.push(frame);
    if (send) send.frame = number;
  }

  #watch(): void {
    const { ws, ev, messageRetryManager } = this.sock;
    // Its own waits half a minute for a dead peer's goodbye before the session may connect again.
    ws.close = () => this.#raw.close(CLOSE_GRACE_MS);
    // Sent bodies are asked of the store, where they outlive the process; a second copy would only take memory.
    if (messageRetryManager) messageRetryManager.addRecentMessage = () => {};
    ws.prependListener('CB:stream:error', (node: BinaryNode) => this.#refused(node, node.attrs.code));
    ws.prependListener('CB:failure', (node: BinaryNode) => this.#refused(node, node.attrs.reason));
    ws.on('frame', () => {
      this.lastFrameAt = Date.now();
    });
    ev.on('connection.update', ({ connection, lastDisconnect }) => {
      if (connection !== 'close') return;
      this.#reason ??= reasonOf(lastDisconnect?.error);
      this.#finish();
    });
  }

  /** Reads the stanza itself: Baileys turns an unknown code into a crash and `device_removed` into "replaced". */
  #refused(node: BinaryNode, attribute: string | undefined): void {
    const conflict = Array.isArray(node.content) ? node.content.find((child) => child.tag === 'conflict') : undefined;
    const given = Number(attribute);
    const code = Number.isInteger(given) && given > 0 ? given : conflictCode(conflict?.attrs.type);
    const until = banEnd(node.attrs.expire);
    this.end({
      cause: disconnectCause('stanza', code),
      ...(code === undefined ? {} : { code }),
      ...(until === undefined ? {} : { until }),
    });
  }

  #fault(error: unknown): void {
    const code = errorCode(error);
    // A listener that was sending when the connection went, or whose query timed out: the close event tells the rest.
    if (this.#over || this.#reason || CONNECTION_CODES.has(code ?? 0)) return;
    this.#deps.context.log('warn', 'a stanza could not be handled; the connection is renewed', {
      error: error instanceof Error ? error.name : 'unknown',
    });
    this.end({ cause: 'bad_session' });
  }

  #finish(): void {
    if (this.#over) return;
    this.#over = true;
    this.gate.close();
    const { ws } = this.sock;
    ws.removeAllListeners();
    ws.on('error', () => {});
    this.#deps.closed(this.#reason ?? { cause: 'network' });
  }

  #config(): Parameters<typeof makeWASocket>[0] {
    const { context, creds, keys, store, stream, tap, caches, browser } = this.#deps;
    const { url, version, settings } = context;
    return {
      auth: { creds, keys: { get: async () => ({}), set: async () => {} } },
      logger: readsLogger((read) => stream.push({ records: [{ kind: 'read', ...read }] })),
      browser,
      ...(url === undefined ? {} : { waWebSocketUrl: url }),
      ...(version === undefined ? {} : { version }),
      defaultQueryTimeoutMs: QUERY_TIMEOUT_MS,
      // Baileys would also put a timer and two stack traces on every frame it hands over, which here takes no time. How
      // long a connection may take to open is the session's to say.
      connectTimeoutMs: 0,
      keepAliveIntervalMs: settings.keepAliveMs,
      // It waits so long before it asks for a message again, and reads nothing else meanwhile.
      retryRequestDelayMs: 0,
      syncFullHistory: false,
      markOnlineOnConnect: false,
      emitOwnEvents: false,
      generateHighQualityLinkPreview: false,
      userDevicesCache: libraryCache(caches.devices),
      msgRetryCounterCache: libraryCache(caches.retries),
      callOfferCache: libraryCache(caches.calls),
      placeholderResendCache: libraryCache(caches.placeholders),
      cachedGroupMetadata: (jid) => this.#deps.groupMetadata(jid, this.sock),
      // Baileys asks for whoever names an id. What was said is for the chat it was said in alone.
      getMessage: async ({ id, remoteJid }) => {
        const asker = remoteJid ? chatAddress(remoteJid, await tap.otherName(remoteJid)) : undefined;
        const body = id && asker ? await store.sent(id, asker) : null;
        if (!id || !remoteJid || !body) return undefined;
        return this.#deps.writer.write(body, { sock: this.sock, jid: remoteJid, waId: id });
      },
      makeSignalRepository: (auth, logger, pnToLid) => {
        // Baileys made this object and uses it everywhere; with our methods in it nobody sees the old ones.
        Object.assign(auth.keys, keys.forBaileys());
        return tap.wrap((ask) => {
          const repository = DEFAULT_CONNECTION_CONFIG.makeSignalRepository(auth, logger, ask);
          boundLidMapping(repository.lidMapping, settings.cachedContacts);
          return repository;
        }, pnToLid);
      },
    };
  }
}

/** A temporary ban says its length in seconds. */
function banEnd(expire: string | undefined): number | undefined {
  const seconds = Number(expire);
  return Number.isInteger(seconds) && seconds > 0 ? Date.now() + seconds * 1000 : undefined;
}

function conflictCode(type: string | undefined): number | undefined {
  if (type === 'device_removed') return 401;
  return type === 'replaced' ? 440 : undefined;
}

function reasonOf(error: Error | undefined): CloseReason {
  const code = errorCode(error);
  const source: CloseSource = error?.message.startsWith('WebSocket Error') ? 'transport' : 'engine';
  return { cause: disconnectCause(source, code), ...(code === undefined ? {} : { code }) };
}
