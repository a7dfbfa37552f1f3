// Made by `npm run generate` from the OpenAPI description. Changes made here are lost.

import { type CallOptions, type StreamEvent, type Transport } from '../transport.ts';
import type * as types from './types.ts';

export class Events {
  readonly #http: Transport;

  constructor(http: Transport) {
    this.#http = http;
  }

  /**
   * Read the event log.
   *
   * Every state change of the workspace, oldest first. Keep `nextCursor` and give it as `after` to go on: no event is ever skipped, even while others are being written. With `wait` a read that would find nothing waits for the next event. With filters a page can be empty although `hasMore` is true: go on.
   *
   * Scope `events:read`. Roles: owner, admin, agent, viewer.
   *
   * `GET /v1/events`
   */
  list(query: {
      /** `nextCursor` of the last read; `0` is the oldest event kept. */
      after?: string | undefined;
      /** Only these types, separated by commas; `message.*` is all that begin so. */
      types?: string | undefined;
      /** Only events of this device. */
      deviceId?: string | undefined;
      /** How many rows at the most. */
      limit?: number | undefined;
      /** Seconds to wait where there is nothing to read yet. */
      wait?: number | undefined;
    } = {}, options: CallOptions = {}): Promise<types.EventList> {
    return this.#http.call<types.EventList>({ method: 'GET', path: '/v1/events', query }, options);
  }

  /**
   * Follow the event log.
   *
   * Server-sent events: each an event of the log as JSON, with its cursor as `id`. It begins behind `Last-Event-ID` (or `after`) with what is stored and goes on, without a seam, with what comes; without either it begins now. A browser’s `EventSource` takes it with the session cookie or a stream token, and resumes by itself. A reader that falls far behind gets an event named `slow` with a reason and the cursor to go on from, and the stream ends. It also ends within about a second of the key being revoked or changed to other devices, the session ending or the workspace being suspended.
   *
   * Scope `events:read`. Roles: owner, admin, agent, viewer.
   *
   * `GET /v1/events/stream`
   */
  stream(query: {
      /** `nextCursor` of the last read; `0` is the oldest event kept. */
      after?: string | undefined;
      /** Only these types, separated by commas; `message.*` is all that begin so. */
      types?: string | undefined;
      /** Only events of this device. */
      deviceId?: string | undefined;
      /** `false` ends the stream when all that is stored has been sent. */
      follow?: "true" | "false" | undefined;
      /** A stream token, instead of a key or a session. Its filters hold as well. */
      token?: string | undefined;
    } = {}, options: CallOptions = {}): AsyncGenerator<StreamEvent<types.Event>> {
    return this.#http.stream<types.Event>({ method: 'GET', path: '/v1/events/stream', query }, options);
  }

  /**
   * Make a token for a stream.
   *
   * For a browser’s `EventSource`, which can send no key: the token opens `GET /v1/events/stream` for a few minutes and nothing else. It shows what its key or person may see, narrowed by the filters given here, and ends with them; the stream it has opened goes on.
   *
   * Scope `events:read`. Roles: owner, admin, agent, viewer.
   *
   * `POST /v1/events/stream-tokens`
   */
  createStreamToken(body: types.CreateStreamToken, options: CallOptions = {}): Promise<types.StreamToken> {
    return this.#http.call<types.StreamToken>({ method: 'POST', path: '/v1/events/stream-tokens', body }, options);
  }
}
