import type { proto } from 'baileys';
import { WebSocket } from 'ws';
import type { Deafness } from './account-faults.ts';
import type { Companion } from './accounts.ts';
import { decodeNode, encodeNode, type Node, node } from './codec/node.ts';
import { SandboxError } from './errors.ts';
import { type HandshakeResult, NoiseResponder, type ServerIdentity } from './noise/responder.ts';
import type { TransportCipher } from './noise/transport-cipher.ts';
import { Shuffle } from './shuffle.ts';
import { FrameReader, frame } from './transport.ts';

/** A client that does not read must not fill our memory. */
const MAX_BUFFERED_BYTES = 128 * 1024 * 1024;
const GOODBYE_MS = 10;

export interface ConnectionHandlers {
  authenticated(connection: Connection, payload: Buffer): void;
  node(connection: Connection, item: Node): void;
  sent(): void;
  closed(connection: Connection): void;
  failed(connection: Connection, error: unknown): void;
}

/** One websocket from a client: handshake first, then encrypted stanzas both ways. */
export class Connection {
  readonly #socket: WebSocket;
  readonly #handlers: ConnectionHandlers;
  readonly #reader: FrameReader;
  readonly #identity: ServerIdentity;
  readonly #taps = new Set<(item: Node) => void>();
  #handshake: NoiseResponder | undefined;
  #cipher: TransportCipher | undefined;
  #work: Promise<void> = Promise.resolve();
  #mute = false;
  clientStatic: Buffer = Buffer.alloc(0);
  payload: proto.IClientPayload | undefined;
  /** Set once the client is logged in as a linked device. */
  device: Companion | undefined;
  /** True when the offline backlog has been sent and live stanzas may follow. */
  ready = false;
  refs: string[] = [];
  /** Set: the client gets nothing more, or nothing but answers to its requests. */
  deaf: Deafness | undefined;
  readonly #shuffle = new Shuffle((item) => this.#put(item));

  constructor(socket: WebSocket, identity: ServerIdentity, handlers: ConnectionHandlers) {
    this.#socket = socket;
    this.#identity = identity;
    this.#handlers = handlers;
    this.#reader = new FrameReader((data) => this.#enqueue(data));
    socket.on('message', (data) => this.#receive(data));
    socket.on('close', () => handlers.closed(this));
    // The close event that follows does the work; without a listener the error would end the process.
    socket.on('error', () => undefined);
  }

  get open(): boolean {
    return this.#cipher !== undefined && this.#socket.readyState === WebSocket.OPEN;
  }

  send(item: Node): void {
    if (this.deaf === 'silent' || (this.deaf === 'answering' && item.tag !== 'iq')) return;
    this.#shuffle.push(item);
  }

  /** Has stanzas that matter come twice, or swapped in pairs. */
  shuffle(how: { duplicate: boolean; reorder: boolean }): void {
    this.#shuffle.set(how);
  }

  #put(item: Node): void {
    if (!this.#cipher || this.#mute || this.#socket.readyState !== WebSocket.OPEN) return;
    this.#handlers.sent();
    this.#write(this.#cipher.encrypt(encodeNode(item)));
  }

  /** Resolves with the first stanza the predicate accepts. Throws TIMEOUT. */
  waitFor(accepts: (item: Node) => boolean, timeoutMs: number): Promise<Node> {
    return new Promise((resolve, reject) => {
      const tap = (item: Node): void => {
        if (!accepts(item)) return;
        clearTimeout(timer);
        this.#taps.delete(tap);
        resolve(item);
      };
      const timer = setTimeout(() => {
        this.#taps.delete(tap);
        reject(new SandboxError('TIMEOUT', 'the client did not answer in time'));
      }, timeoutMs);
      this.#taps.add(tap);
    });
  }

  /** Sends a last stanza, the end of the stream, and closes shortly after. */
  end(last?: Node): void {
    // Also to one that is deaf: its stream ends.
    if (last) this.#put(last);
    this.#put(node('xmlstreamend'));
    this.ready = false;
    setTimeout(() => this.#socket.close(), GOODBYE_MS);
  }

  /** Refuses the login: `<failure reason>`, then the socket closes. */
  fail(reason: number, extra: Record<string, string> = {}): void {
    this.send(node('failure', { reason: String(reason), location: 'sandbox', ...extra }));
    setTimeout(() => this.#socket.close(), GOODBYE_MS);
  }

  /** Cuts the TCP connection without a word. */
  terminate(): void {
    this.#socket.terminate();
  }

  /** Keeps the socket but neither reads nor writes any more, as after a lost route. */
  freeze(): void {
    this.#mute = true;
    this.#socket.pause();
  }

  /** Sends a frame whose authentication tag is wrong. */
  sendCorrupt(): void {
    if (!this.#cipher) return;
    const sealed = this.#cipher.encrypt(encodeNode(node('ib')));
    sealed[sealed.length - 1] = (sealed.at(-1) ?? 0) ^ 0xff;
    this.#write(sealed);
  }

  #write(payload: Buffer): void {
    if (this.#socket.bufferedAmount > MAX_BUFFERED_BYTES) {
      this.#socket.terminate();
      return;
    }
    this.#socket.send(frame(payload));
  }

  #receive(data: unknown): void {
    if (this.#mute) return;
    try {
      this.#reader.push(Buffer.isBuffer(data) ? data : Buffer.alloc(0));
    } catch (error) {
      this.#giveUp(error);
    }
  }

  // Frames are handled strictly in order: the cipher's counter demands it and so does the meaning of the stream.
  #enqueue(data: Buffer): void {
    this.#work = this.#work.then(() => this.#handle(data)).catch((error: unknown) => this.#giveUp(error));
  }

  async #handle(data: Buffer): Promise<void> {
    if (!this.#cipher) return this.#shakeHands(data);
    const item = await decodeNode(this.#cipher.decrypt(data));
    for (const tap of [...this.#taps]) tap(item);
    this.#handlers.node(this, item);
  }

  #shakeHands(data: Buffer): void {
    const prologue = this.#reader.prologue;
    if (!prologue) return;
    this.#handshake ??= new NoiseResponder(this.#identity, prologue);
    const step = this.#handshake.step(data);
    if (step.reply) this.#socket.send(frame(step.reply));
    if (step.done) this.#opened(step.done);
  }

  #opened(result: HandshakeResult): void {
    this.#handshake = undefined;
    this.#cipher = result.cipher;
    this.clientStatic = result.clientStatic;
    this.#handlers.authenticated(this, result.payload);
  }

  #giveUp(error: unknown): void {
    this.#handlers.failed(this, error);
    this.#socket.close(1011);
  }
}
