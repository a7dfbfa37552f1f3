import { type MediaClientOptions, mediaClientOptions, type Network } from '@waping/sandbox';
import {
  type BaileysEventMap,
  type ConnectionState,
  DisconnectReason,
  makeWASocket,
  proto,
  type UserFacingSocketConfig,
  WA_CERT_DETAILS,
  type WAMessage,
  type WASocket,
} from 'baileys';
import { pino } from 'pino';
import { MemoryAuth } from './memory-auth.ts';

const WAIT_MS = 60_000;
const logger = pino({ level: process.env.SANDBOX_TEST_LOG ?? 'silent' });

/** Makes this process trust the network's root instead of WhatsApp's. */
export function trust(network: Network): void {
  Object.assign(WA_CERT_DETAILS, { PUBLIC_KEY: network.rootKey, SERIAL: 0 });
}

export interface Seen {
  readonly event: string;
  readonly value: unknown;
}

/** An unmodified Baileys against the network: reconnects after 515, and remembers all it was told. */
export class TestClient {
  readonly #network: Network;
  readonly #config: Partial<UserFacingSocketConfig>;
  readonly #seen: Seen[] = [];
  readonly #waiting = new Set<() => void>();
  readonly sent = new Map<string, proto.IMessage>();
  /** Status codes of closed connections, in order. */
  readonly closes: number[] = [];
  /** Acks of the server, by message id. */
  readonly acks: { id: string; error: string | undefined }[] = [];
  #opens = 0;
  #media: MediaClientOptions | undefined;
  #socket: WASocket | undefined;
  auth: MemoryAuth;

  constructor(network: Network, options: { auth?: MemoryAuth; config?: Partial<UserFacingSocketConfig> } = {}) {
    this.#network = network;
    this.auth = options.auth ?? new MemoryAuth();
    this.#config = options.config ?? {};
  }

  get socket(): WASocket {
    if (!this.#socket) throw new Error('not started');
    return this.#socket;
  }

  /** Leads `fetch` to the network's media host. */
  get dispatcher(): unknown {
    return this.#media?.dispatcher;
  }

  get me(): string {
    return this.socket.user?.id ?? '';
  }

  async start(): Promise<void> {
    trust(this.#network);
    this.#media ??= await mediaClientOptions({ host: this.#network.mediaHost, caPem: this.#network.mediaCa });
    const state = this.auth.state();
    const socket = makeWASocket({
      auth: state,
      waWebSocketUrl: this.#network.url,
      logger,
      browser: ['Ubuntu', 'Chrome', '22'],
      syncFullHistory: false,
      markOnlineOnConnect: false,
      fetchAgent: this.#media.fetchAgent,
      options: Object.assign<RequestInit, object>({}, { dispatcher: this.#media.dispatcher }),
      getMessage: async (key) => this.sent.get(key.id ?? ''),
      ...this.#config,
    });
    this.#socket = socket;
    socket.ev.process((events) => {
      if (events['creds.update']) Object.assign(state.creds, events['creds.update']);
      this.auth.save(state.creds);
      for (const [event, value] of Object.entries(events)) this.#note(event, value);
      if (events['connection.update']) this.#connection(events['connection.update']);
    });
    socket.ws.on('CB:ack,class:message', (ack: { attrs: Record<string, string> }) => {
      this.acks.push({ id: ack.attrs.id ?? '', error: ack.attrs.error });
      this.#wake();
    });
  }

  /** Links by QR to the phone of this number; resolves when the linked client is open. */
  async pair(number: string): Promise<this> {
    await this.start();
    const qr = await this.qr();
    await this.#network.account(number).phone.scan(qr);
    await this.opened(1);
    return this;
  }

  /** The QR text currently shown. */
  qr(): Promise<string> {
    return this.until(() => {
      const shown = this.events('connection.update').map((update) => update.qr);
      return shown.findLast((qr) => typeof qr === 'string');
    });
  }

  /** Resolves when the connection has been open this many times. */
  opened(times: number): Promise<true> {
    return this.until(() => this.#opens >= times || undefined);
  }

  closed(code: number): Promise<true> {
    return this.until(() => this.closes.includes(code) || undefined);
  }

  async send(to: string, content: Parameters<WASocket['sendMessage']>[1], id?: string): Promise<WAMessage> {
    const message = await this.socket.sendMessage(to, content, id === undefined ? {} : { messageId: id });
    if (!message?.message || !message.key.id) throw new Error('nothing was sent');
    this.sent.set(message.key.id, message.message);
    this.#wake();
    return message;
  }

  /** Every value seen of one event. */
  events<K extends keyof BaileysEventMap>(event: K): BaileysEventMap[K][] {
    return this.#seen.filter((item) => item.event === event).map((item) => eventValue<K>(item));
  }

  /** Messages that came in, folded and live ones. */
  messages(): WAMessage[] {
    return this.events('messages.upsert').flatMap((upsert) => upsert.messages);
  }

  /** The first message from others that carries this text, now or later. */
  text(body: string): Promise<WAMessage> {
    return this.until(() =>
      this.messages().find(({ message }) => (message?.conversation ?? message?.extendedTextMessage?.text) === body),
    );
  }

  /** Resolves when a message of ours has reached this status. */
  status(id: string, least: proto.WebMessageInfo.Status): Promise<true> {
    return this.until(() => {
      const updates = this.events('messages.update').flat();
      const folded = this.messages().filter((message) => message.key.id === id);
      const states = [
        ...updates.filter(({ key }) => key.id === id).map(({ update }) => update.status),
        ...folded.map((m) => m.status),
      ];
      return states.some((state) => typeof state === 'number' && state >= least) || undefined;
    });
  }

  /** Resolves with the first value of a condition, looked at whenever something happens. */
  until<T>(probe: () => T | undefined, timeoutMs = WAIT_MS): Promise<T> {
    return new Promise((resolve, reject) => {
      const check = (): void => {
        const value = probe();
        if (value === undefined) return;
        done();
        resolve(value);
      };
      const done = (): void => {
        clearTimeout(timer);
        clearInterval(ticker);
        this.#waiting.delete(check);
      };
      // What happens on a phone wakes nobody here, so look again now and then.
      const ticker = setInterval(check, 25);
      const timer = setTimeout(() => {
        done();
        reject(new Error(`condition not met: ${probe.toString()}`));
      }, timeoutMs);
      this.#waiting.add(check);
      check();
    });
  }

  async stop(): Promise<void> {
    await this.#socket?.end(undefined);
    const media = this.#media;
    this.#media = undefined;
    await media?.close();
  }

  #connection(update: Partial<ConnectionState>): void {
    if (update.connection === 'open') this.#opens++;
    if (update.connection === 'close') {
      const code = closeCode(update.lastDisconnect?.error);
      this.closes.push(code);
      if (code === DisconnectReason.restartRequired) void this.start();
    }
    this.#wake();
  }

  #note(event: string, value: unknown): void {
    this.#seen.push({ event, value });
    this.#wake();
  }

  #wake(): void {
    for (const check of [...this.#waiting]) check();
  }
}

/** Guarantee: filtered by the name of the event, whose value has this type in Baileys' own map. */
function eventValue<K extends keyof BaileysEventMap>(seen: Seen): BaileysEventMap[K] {
  return seen.value as BaileysEventMap[K];
}

function closeCode(error: Error | undefined): number {
  const output: unknown = error && 'output' in error ? error.output : undefined;
  const code: unknown = typeof output === 'object' && output && 'statusCode' in output ? output.statusCode : undefined;
  return typeof code === 'number' ? code : 0;
}

export const { DELIVERY_ACK, READ, SERVER_ACK } = proto.WebMessageInfo.Status;
