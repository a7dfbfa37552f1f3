import type { JetStreamClient, JetStreamManager } from '@nats-io/jetstream';
import type { ConnectionOptions, NatsConnection } from '@nats-io/transport-node';
import { addressOf, plainError } from './address.ts';
import { type OpenSink, type Sink, SinkError, type SinkMessage } from './port.ts';
import { type Outgoing, outgoing, type Portion, portions } from './portions.ts';

/** Where events go on a NATS server. */
export interface NatsSettings {
  /** `nats://` or `tls://`, with user and password, or a token in the user's place. */
  url: string;
  /** Subjects are `<subject>.<workspace>.<type>`. */
  subject: string;
  stream: string;
}

const DEFAULT_PORT = 4222;
const CONNECT_MS = 5_000;
/** A server that is silent for twice this is gone. */
const PING_MS = 10_000;
/** The stream has stored a message within this, or the batch is published again. */
const CONFIRM_MS = 10_000;
const CLOSE_MS = 2_000;
const IN_FLIGHT: Portion = { messages: 64, bytes: 4 * 1024 * 1024 };
/** Of what the server takes in one message, for subject and headers. */
const HEAD_BYTES = 2_048;
const LEAST_PAYLOAD = 4_096;
/** How long a stream we make knows the ids of messages: what is published again within this is stored once. */
const DUPLICATE_WINDOW_MS = 10 * 60_000;

function optionsOf(url: string): ConnectionOptions {
  const { scheme, host, port, user, password } = addressOf(url, DEFAULT_PORT);
  const bracketed = host.includes(':') ? `[${host}]` : host;
  const rights =
    password === null ? { ...(user === null ? {} : { token: user }) } : { user: user ?? '', pass: password };
  return {
    servers: `${bracketed}:${port}`,
    ...rights,
    ...(scheme === 'tls' ? { tls: {} } : {}),
    name: 'waping',
    timeout: CONNECT_MS,
    pingInterval: PING_MS,
    // Whoever uses a sink opens another: one place decides when to try again.
    reconnect: false,
  };
}

/** A NATS server whose JetStream keeps what is published. */
class NatsSink implements Sink {
  readonly #connection: NatsConnection;
  readonly #stream: JetStreamClient;
  readonly #settings: NatsSettings;
  readonly #lost = new AbortController();

  constructor(connection: NatsConnection, stream: JetStreamClient, settings: NatsSettings) {
    this.#connection = connection;
    this.#stream = stream;
    this.#settings = settings;
    connection.closed().then(
      (reason) => this.#lose(reason ?? new SinkError('the connection to the NATS server has ended')),
      (reason: unknown) => this.#lose(reason),
    );
  }

  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  async publish(batch: readonly SinkMessage[]): Promise<void> {
    const most = Math.max(LEAST_PAYLOAD, (this.#connection.info?.max_payload ?? 0) - HEAD_BYTES);
    try {
      for (const portion of portions(outgoing(batch, most), IN_FLIGHT))
        await Promise.all(portion.map((each) => this.#publish(each)));
    } catch (error) {
      throw this.#explain(error);
    }
  }

  async #publish({ message: { id, workspaceId, type }, body }: Outgoing): Promise<void> {
    const { subject, stream } = this.#settings;
    await this.#stream.publish(`${subject}.${workspaceId}.${type}`, body, {
      msgID: id,
      timeout: CONFIRM_MS,
      // A stream of another name that takes the same subjects is not the one that was asked for.
      expect: { streamName: stream },
    });
  }

  #explain(error: unknown): SinkError {
    const { subject, stream, url } = this.#settings;
    const name = error instanceof Error ? error.name : '';
    // Nobody answers on the subject. That JetStream itself does is known since the connection was opened.
    if (name === 'JetStreamNotEnabled')
      return new SinkError(`the stream ${stream} does not take the subject ${subject}.> : add it to the stream`);
    if (name === 'TimeoutError')
      return new SinkError(`the stream ${stream} did not confirm within ${CONFIRM_MS / 1000} seconds`);
    return plainError(error, url);
  }

  #lose(reason: unknown): void {
    this.#lost.abort(plainError(reason, this.#settings.url));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await closed(this.#connection);
  }
}

/** Closes a connection, whatever the server does. */
async function closed(connection: NatsConnection): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, CLOSE_MS);
  });
  await Promise.race([connection.close().catch(() => undefined), late]);
  clearTimeout(timer);
}

async function ensureStream(manager: JetStreamManager, { stream, subject }: NatsSettings): Promise<void> {
  try {
    await manager.streams.info(stream);
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'StreamNotFoundError') throw error;
    await manager.streams.add({
      name: stream,
      subjects: [`${subject}.>`],
      duplicate_window: DUPLICATE_WINDOW_MS * 1_000_000,
    });
  }
}

/** How a NATS server is opened. The library is loaded when it is first needed. */
export function natsSink(settings: NatsSettings): OpenSink {
  return async () => {
    const [{ connect }, { jetstream, jetstreamManager }] = await Promise.all([
      import('@nats-io/transport-node'),
      import('@nats-io/jetstream'),
    ]);
    let connection: NatsConnection | null = null;
    try {
      connection = await connect(optionsOf(settings.url));
      const options = { timeout: CONFIRM_MS, checkAPI: false };
      await ensureStream(await jetstreamManager(connection, options), settings);
      return new NatsSink(connection, jetstream(connection, options), settings);
    } catch (error) {
      if (connection) await closed(connection);
      throw plainError(error, settings.url);
    }
  };
}
