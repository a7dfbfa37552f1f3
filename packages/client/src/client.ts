import { Transport, type WapingOptions } from './transport.ts';
import type {
  BatchSent,
  Device,
  ForwardMessage,
  LinkSession,
  Message,
  MessageQuery,
  Pacing,
  Page,
  PageQuery,
  SendMessage,
  TimelineEntry,
  WapingEvent,
} from './types.ts';

export type { WapingOptions } from './transport.ts';

/** Marks a request as one that was made before: a retry with the same key does nothing twice. */
export interface CreateOptions {
  /** Default: a fresh random key for each call, kept over this call's own retries. */
  idempotencyKey?: string;
}

const at = (id: string) => encodeURIComponent(id);

class Devices {
  readonly #http: Transport;

  constructor(http: Transport) {
    this.#http = http;
  }

  create(device: { label: string; network?: 'whatsapp' | 'sandbox' }, options: CreateOptions = {}): Promise<Device> {
    return this.#http.create('/v1/devices', device, options.idempotencyKey);
  }

  get(id: string): Promise<Device> {
    return this.#http.get(`/v1/devices/${at(id)}`);
  }

  /** Renames a device, or changes how it is paced; null takes its pacing back to the defaults. */
  update(id: string, change: { label?: string; pacing?: Partial<Pacing> | null }): Promise<Device> {
    return this.#http.send('PATCH', `/v1/devices/${at(id)}`, change);
  }

  list(query: PageQuery & { state?: Device['state'] } = {}): Promise<Page<Device>> {
    return this.#http.get('/v1/devices', query);
  }

  /** Begins linking; then show `qr(id)` or read the code with `linkSession(id)`. */
  link(
    id: string,
    method: { method: 'qr' } | { method: 'code'; phone: string } = { method: 'qr' },
  ): Promise<LinkSession> {
    return this.#http.send('POST', `/v1/devices/${at(id)}/link`, method);
  }

  /** Waits on the server, up to ten seconds, until there is something to show. */
  linkSession(id: string): Promise<LinkSession> {
    return this.#http.get(`/v1/devices/${at(id)}/link`);
  }

  qr(id: string): Promise<{ qr: string; expiresAt: string }> {
    return this.#http.get(`/v1/devices/${at(id)}/qr`);
  }

  unlink(id: string): Promise<Device> {
    return this.#http.send('POST', `/v1/devices/${at(id)}/unlink`);
  }

  restart(id: string): Promise<Device> {
    return this.#http.send('POST', `/v1/devices/${at(id)}/restart`);
  }

  async delete(id: string): Promise<void> {
    await this.#http.send('DELETE', `/v1/devices/${at(id)}`);
  }
}

class Messages {
  readonly #http: Transport;

  constructor(http: Transport) {
    this.#http = http;
  }

  /** Accepts a message. Safe to retry: every try of one call carries the same Idempotency-Key. */
  send(message: SendMessage, options: CreateOptions = {}): Promise<Message> {
    return this.#http.create('/v1/messages', message, options.idempotencyKey);
  }

  /** Accepts up to 1,000 messages, each for itself. Safe to retry, as `send` is. */
  sendBatch(messages: readonly SendMessage[], options: CreateOptions = {}): Promise<BatchSent> {
    return this.#http.create('/v1/messages/batch', { messages }, options.idempotencyKey);
  }

  /** Takes back a message that is not yet on the wire; CONFLICT afterwards. */
  cancel(id: string): Promise<Message> {
    return this.#http.send('POST', `/v1/messages/${at(id)}/cancel`);
  }

  get(id: string): Promise<Message> {
    return this.#http.get(`/v1/messages/${at(id)}`);
  }

  list(query: MessageQuery = {}): Promise<Page<Message>> {
    return this.#http.get('/v1/messages', query);
  }

  /** Every message the query names, page by page. */
  async *all(query: Omit<MessageQuery, 'cursor'> = {}): AsyncGenerator<Message> {
    for (let cursor: string | null = ''; cursor !== null; ) {
      const page: Page<Message> = await this.list(cursor === '' ? query : { ...query, cursor });
      yield* page.data;
      cursor = page.nextCursor;
    }
  }

  /** Edits a sent text; resolves with the message of type `edit` that does it. */
  edit(id: string, text: { body: string }): Promise<Message> {
    return this.#http.send('PATCH', `/v1/messages/${at(id)}`, { text });
  }

  /** Takes a sent message back; resolves with the message of type `revoke` that does it. */
  revoke(id: string): Promise<Message> {
    return this.#http.send('DELETE', `/v1/messages/${at(id)}`);
  }

  /** Forwards a message. Safe to retry, like `send`. */
  forward(id: string, message: ForwardMessage, options: CreateOptions = {}): Promise<Message> {
    return this.#http.create(`/v1/messages/${at(id)}/forward`, message, options.idempotencyKey);
  }

  async timeline(id: string): Promise<TimelineEntry[]> {
    const { data } = await this.#http.get<{ data: TimelineEntry[] }>(`/v1/messages/${at(id)}/timeline`);
    return data;
  }
}

class Events {
  readonly #http: Transport;

  constructor(http: Transport) {
    this.#http = http;
  }

  /** Events after a cursor, oldest first. Keep `nextCursor` and go on from there: nothing is skipped. */
  list(query: { after?: string; types?: string; deviceId?: string; limit?: number } = {}): Promise<Page<WapingEvent>> {
    return this.#http.get('/v1/events', query);
  }
}

/** A WAPing server, seen by a program. Failures are WapingApiError. */
export class Waping {
  readonly devices: Devices;
  readonly messages: Messages;
  readonly events: Events;

  constructor(options: WapingOptions) {
    const http = new Transport(options);
    this.devices = new Devices(http);
    this.messages = new Messages(http);
    this.events = new Events(http);
  }
}
