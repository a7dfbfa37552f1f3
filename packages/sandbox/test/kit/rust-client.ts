import { Agent, request } from 'node:https';
import type { Network } from '@waping/sandbox';
import { proto } from 'baileys';
import { pino } from 'pino';
import {
  createWhatsAppClient,
  decodeMessageWireBatch,
  initWasmEngine,
  type JsHttpClientConfig,
  type JsStoreCallbacks,
  type JsTransportCallbacks,
  type MessageWireInfo,
  type WasmWhatsAppClient,
  type WhatsAppEvent,
} from 'whatsapp-rust-client';
import { WebSocket } from 'ws';

const WAIT_MS = 60_000;
const VERSION = [2, 3000, 1_043_857_760] as const;
let engineReady = false;

export interface RustMessage {
  readonly info: MessageWireInfo;
  readonly message: proto.IMessage;
  readonly text: string;
}

/** Credentials and sessions of one Rust client, by namespace and key, so that a second client can go on with them. */
export class RustStore implements JsStoreCallbacks {
  readonly #values = new Map<string, Uint8Array>();

  // Called without their object, hence no methods.
  readonly get = async (store: string, key: string): Promise<Uint8Array | null> =>
    this.#values.get(`${store}\n${key}`) ?? null;

  readonly set = async (store: string, key: string, value: Uint8Array): Promise<void> => {
    this.#values.set(`${store}\n${key}`, Uint8Array.from(value));
  };

  readonly delete = async (store: string, key: string): Promise<void> => {
    this.#values.delete(`${store}\n${key}`);
  };
}

/** A client that shares no code with Baileys: Rust in WebAssembly, against the same network. */
export class RustClient {
  readonly store: RustStore;
  readonly events: WhatsAppEvent[] = [];
  readonly messages: RustMessage[] = [];
  readonly #network: Network;
  readonly #waiting = new Set<() => void>();
  readonly #agent: Agent;
  #client: WasmWhatsAppClient | undefined;
  #socket: WebSocket | undefined;

  constructor(network: Network, store = new RustStore()) {
    this.#network = network;
    this.store = store;
    this.#agent = new Agent({ ca: network.mediaCa });
  }

  get client(): WasmWhatsAppClient {
    if (!this.#client) throw new Error('not started');
    return this.#client;
  }

  async start(): Promise<void> {
    if (!engineReady) initWasmEngine(pino({ level: process.env.SANDBOX_TEST_LOG ?? 'silent' }));
    engineReady = true;
    const sink = {
      onEvent: (event: WhatsAppEvent) => this.#note(event),
      onMessageBatch: (batch: Uint8Array) => this.#receive(batch),
      onHistorySyncBatch: () => 0,
    };
    // A given version keeps it from asking WhatsApp's web page for the current one.
    this.#client = await createWhatsAppClient(this.#transport(), this.#http(), sink, this.store, null, VERSION);
    this.#client.setAutoReconnect(true);
    this.#client.run();
  }

  async pair(number: string): Promise<this> {
    await this.start();
    await this.#network.account(number).phone.scan(await this.#qr());
    await this.event('connected');
    return this;
  }

  /** The first event of this kind, seen already or yet to come. */
  event(type: WhatsAppEvent['type']): Promise<WhatsAppEvent> {
    return this.until(() => this.events.find((event) => event.type === type), `event ${type}`);
  }

  #qr(): Promise<string> {
    const codes = () => this.events.flatMap((event) => (event.type === 'qr' ? [event.data.code] : []));
    return this.until(() => codes()[0], 'QR code');
  }

  text(body: string): Promise<RustMessage> {
    return this.until(() => this.messages.find((message) => message.text === body), `text ${body}`);
  }

  sendText(to: string, conversation: string): Promise<string> {
    return this.client.sendMessageBytes(to, proto.Message.encode({ conversation }).finish());
  }

  until<T>(probe: () => T | undefined, what: string): Promise<T> {
    return new Promise((resolve, reject) => {
      const check = (): void => {
        const value = probe();
        if (value === undefined) return;
        clearTimeout(timer);
        this.#waiting.delete(check);
        resolve(value);
      };
      const timer = setTimeout(() => {
        this.#waiting.delete(check);
        reject(new Error(`${what} never came`));
      }, WAIT_MS);
      this.#waiting.add(check);
      check();
    });
  }

  async stop(): Promise<void> {
    await this.#client?.disconnect();
    this.#socket?.terminate();
    this.#agent.destroy();
  }

  #note(event: WhatsAppEvent): void {
    this.events.push(event);
    this.#wake();
  }

  #receive(batch: Uint8Array): void {
    const { messageData, messageOffsets, infos } = decodeMessageWireBatch(batch);
    for (const [index, info] of infos.entries()) {
      const message = proto.Message.decode(messageData.slice(messageOffsets[index], messageOffsets[index + 1]));
      const inner = message.deviceSentMessage?.message ?? message;
      const text = inner.conversation ?? inner.extendedTextMessage?.text ?? '';
      this.messages.push({ info, message, text });
    }
    this.#wake();
  }

  #wake(): void {
    for (const check of [...this.#waiting]) check();
  }

  #transport(): JsTransportCallbacks {
    return {
      // It writes as soon as this is settled, so that has to wait for the open socket.
      connect: (handle) =>
        new Promise((resolve, reject) => {
          const socket = new WebSocket(this.#network.url);
          this.#socket = socket;
          socket.on('open', () => {
            handle.onConnected();
            resolve();
          });
          socket.on('message', (data) =>
            handle.onData(Buffer.isBuffer(data) ? Uint8Array.from(data) : new Uint8Array()),
          );
          socket.on('close', () => handle.onDisconnected());
          socket.on('error', reject);
        }),
      send: (data) => this.#socket?.send(Buffer.from(data)),
      disconnect: () => this.#socket?.close(),
    };
  }

  #http(): JsHttpClientConfig {
    return {
      execute: (url, method, headers, body) =>
        new Promise((resolve, reject) => {
          if (new URL(url).host !== this.#network.mediaHost) return reject(new Error('only the sandbox is reachable'));
          const call = request(url, { method, headers, agent: this.#agent }, (response) => {
            const parts: Buffer[] = [];
            response.on('data', (part: Buffer) => parts.push(part));
            response.on('end', () => resolve({ statusCode: response.statusCode ?? 0, body: Buffer.concat(parts) }));
          });
          call.on('error', reject);
          call.end(body ? Buffer.from(body) : undefined);
        }),
    };
  }
}
