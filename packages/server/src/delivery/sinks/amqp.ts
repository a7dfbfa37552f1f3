import { isIP } from 'node:net';
import { Duplex } from 'node:stream';
import type { ChannelModel, ConfirmChannel, Message } from 'amqplib';
import { addressOf, plainError } from './address.ts';
import { type OpenSink, type Sink, SinkError, type SinkMessage } from './port.ts';
import { type Outgoing, outgoing, type Portion, portions } from './portions.ts';

/** Where events go on an AMQP 0-9-1 broker. */
export interface AmqpSettings {
  /** `amqp://` or `amqps://`, with user, password and virtual host. */
  url: string;
  /** Routing keys are `<workspace>.<type>`. */
  exchange: string;
}

const PORTS: Record<string, number> = { amqp: 5672, amqps: 5671 };
const CONNECT_MS = 5_000;
const HEARTBEAT_SECONDS = 10;
/** The broker has confirmed a portion within this, or the batch is published again. */
const CONFIRM_MS = 10_000;
const CLOSE_MS = 2_000;
const IN_FLIGHT: Portion = { messages: 64, bytes: 4 * 1024 * 1024 };
/** What we hand over in one message at most; brokers take more. */
const MOST_BYTES = 16 * 1024 * 1024;
const NOT_FOUND = 404;
const ENDED = 'the connection to the broker has ended';

/** Hears of an event that no queue is bound for: the broker confirms it, and drops it. */
export type OnUnrouted = (routingKey: string) => void;

/** An AMQP broker, with one channel whose messages it confirms. */
class AmqpSink implements Sink {
  readonly #connection: ChannelModel;
  readonly #channel: ConfirmChannel;
  readonly #settings: AmqpSettings;
  readonly #lost: AbortController;
  #blocked: string | null = null;

  constructor(parts: {
    connection: ChannelModel;
    channel: ConfirmChannel;
    settings: AmqpSettings;
    lost: AbortController;
  }) {
    this.#connection = parts.connection;
    this.#channel = parts.channel;
    this.#settings = parts.settings;
    this.#lost = parts.lost;
    parts.connection.on('blocked', (reason: string) => {
      this.#blocked = reason;
    });
    parts.connection.on('unblocked', () => {
      this.#blocked = null;
    });
  }

  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  async publish(batch: readonly SinkMessage[]): Promise<void> {
    try {
      for (const portion of portions(outgoing(batch, MOST_BYTES), IN_FLIGHT)) await this.#publishAll(portion);
    } catch (error) {
      throw plainError(error, this.#settings.url);
    }
  }

  async #publishAll(portion: readonly Outgoing[]): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => reject(this.#late()), CONFIRM_MS);
    });
    const confirmed = Promise.all(portion.map((each) => this.#publish(each)));
    try {
      await Promise.race([confirmed, late]);
    } finally {
      clearTimeout(timer);
    }
  }

  /** A broker short of memory or disk keeps the connection and takes nothing: it says so. */
  #late(): SinkError {
    if (this.#blocked !== null) return new SinkError(`the broker takes nothing at present: ${this.#blocked}`);
    return new SinkError(`the broker did not confirm within ${CONFIRM_MS / 1000} seconds`);
  }

  #publish({ message, body }: Outgoing): Promise<void> {
    const { id, type, workspaceId, createdAt } = message;
    const { exchange } = this.#settings;
    const properties = {
      messageId: id,
      type,
      timestamp: Math.floor(createdAt.getTime() / 1000),
      contentType: 'application/json',
      appId: 'waping',
      persistent: true,
      mandatory: true,
    };
    return new Promise((resolve, reject) => {
      this.#channel.publish(exchange, `${workspaceId}.${type}`, body, properties, (error: unknown) => {
        if (error) reject(error);
        else resolve();
      });
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await closed(this.#connection);
  }
}

/** Closes a connection. A broker that is blocked never answers to that: the socket goes then. */
async function closed(connection: ChannelModel): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, CLOSE_MS);
  });
  const close = async (): Promise<void> => connection.close();
  await Promise.race([close().catch(() => undefined), late]);
  clearTimeout(timer);
  const socket: unknown = Reflect.get(connection.connection, 'stream');
  if (socket instanceof Duplex) socket.destroy();
}

/** Looks for the exchange first: that needs no right to make one, and one that is there may be of any type. */
async function ensureExchange(connection: ChannelModel, exchange: string): Promise<void> {
  const channel = await connection.createChannel();
  // A refusal ends the channel; the call that was refused tells it.
  channel.on('error', () => undefined);
  try {
    await channel.checkExchange(exchange);
    await channel.close();
  } catch (error) {
    if (!(error instanceof Error) || Reflect.get(error, 'code') !== NOT_FOUND) throw error;
    const maker = await connection.createChannel();
    maker.on('error', () => undefined);
    await maker.assertExchange(exchange, 'topic', { durable: true });
    await maker.close();
  }
}

async function connected(url: string): Promise<ChannelModel> {
  const { connect } = await import('amqplib');
  const scheme = url.startsWith('amqps:') ? 'amqps' : 'amqp';
  const { host, port, user, password, path } = addressOf(url, PORTS[scheme] ?? 0);
  const where = {
    protocol: scheme,
    hostname: host,
    port,
    username: user ?? 'guest',
    password: password ?? 'guest',
    // The library decodes it.
    vhost: encodeURIComponent(path === '' ? '/' : path),
    heartbeat: HEARTBEAT_SECONDS,
  };
  return connect(where, {
    timeout: CONNECT_MS,
    noDelay: true,
    clientProperties: { connection_name: 'waping' },
    ...(isIP(host) ? {} : { servername: host }),
  });
}

/** How an AMQP broker is opened. The library is loaded when it is first needed. */
export function amqpSink(settings: AmqpSettings, onUnrouted: OnUnrouted): OpenSink {
  return async () => {
    const { url, exchange } = settings;
    let connection: ChannelModel | null = null;
    const lost = new AbortController();
    const lose = (reason: unknown): void => {
      if (!lost.signal.aborted) lost.abort(plainError(reason ?? new SinkError(ENDED), url));
    };
    try {
      connection = await connected(url);
      for (const event of ['error', 'close']) connection.on(event, lose);
      await ensureExchange(connection, exchange);
      const channel = await connection.createConfirmChannel();
      for (const event of ['error', 'close']) channel.on(event, lose);
      channel.on('return', ({ fields }: Message) => onUnrouted(fields.routingKey));
      return new AmqpSink({ connection, channel, settings, lost });
    } catch (error) {
      if (connection) await closed(connection);
      throw plainError(error, url);
    }
  };
}
