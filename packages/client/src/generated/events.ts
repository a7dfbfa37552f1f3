// Made by `npm run generate` from the OpenAPI description. Changes made here are lost.

import { type CallOptions, type Transport } from '../transport.ts';
import type * as types from './types.ts';

export class Events {
  readonly #http: Transport;

  constructor(http: Transport) {
    this.#http = http;
  }

  /**
   * Read the event log.
   *
   * Every state change of the workspace, oldest first. Keep `nextCursor` and give it as `after` to go on: no event is ever skipped, even while others are being written.
   *
   * Scope `events:read`. Roles: owner, admin, agent, viewer.
   *
   * `GET /v1/events`
   */
  list(query: {
      /** `nextCursor` of the last read. */
      after?: string | undefined;
      /** Only these types, separated by commas. */
      types?: string | undefined;
      /** Only events of this device. */
      deviceId?: string | undefined;
      /** How many rows at the most. */
      limit?: number | undefined;
    } = {}, options: CallOptions = {}): Promise<types.EventList> {
    return this.#http.call<types.EventList>({ method: 'GET', path: '/v1/events', query }, options);
  }
}
