// Made by `npm run generate` from the OpenAPI description. Changes made here are lost.

import { everyRow } from '../pages.ts';
import { segment, type CallOptions, type Transport } from '../transport.ts';
import type * as types from './types.ts';

export class Calls {
  readonly #http: Transport;

  constructor(http: Transport) {
    this.#http = http;
  }

  /**
   * List calls.
   *
   * Calls to your accounts: WhatsApp tells that they ring and that they end, not what is said in them.
   *
   * Scope `calls:read`. Roles: owner, admin, agent, viewer.
   *
   * `GET /v1/calls`
   */
  list(query: {
      /** How many rows at the most. */
      limit?: number | undefined;
      /** `nextCursor` of the page before, with the same filters. */
      cursor?: string | undefined;
      /** `desc` is newest first. */
      order?: "asc" | "desc" | undefined;
      /** Only calls to this device. */
      deviceId?: string | undefined;
      /** Only calls of this chat. */
      conversationId?: string | undefined;
      /** Only calls in this state. */
      state?: "offered" | "ended" | undefined;
    } = {}, options: CallOptions = {}): Promise<types.CallList> {
    return this.#http.call<types.CallList>({ method: 'GET', path: '/v1/calls', query }, options);
  }

  /** List calls: every row, page by page, read as you go. */
  all(query: {
      /** How many rows at the most. */
      limit?: number | undefined;
      /** `desc` is newest first. */
      order?: "asc" | "desc" | undefined;
      /** Only calls to this device. */
      deviceId?: string | undefined;
      /** Only calls of this chat. */
      conversationId?: string | undefined;
      /** Only calls in this state. */
      state?: "offered" | "ended" | undefined;
    } = {}, options: CallOptions = {}): AsyncGenerator<types.CallList['data'][number]> {
    return everyRow((page) => this.list({ ...query, ...page }, options));
  }

  /**
   * Get a call.
   *
   * Scope `calls:read`. Roles: owner, admin, agent, viewer.
   *
   * `GET /v1/calls/{callId}`
   */
  get(callId: string, options: CallOptions = {}): Promise<types.Call> {
    return this.#http.call<types.Call>({ method: 'GET', path: `/v1/calls/${segment(callId)}` }, options);
  }

  /**
   * Reject a call.
   *
   * It stops ringing, on the account’s phone too. A call that rings no more answers CONFLICT. A device that is to take no calls at all has the setting `rejectCalls`.
   *
   * Scope `calls:write`. Roles: owner, admin, agent.
   *
   * `POST /v1/calls/{callId}/reject`
   */
  reject(callId: string, options: CallOptions = {}): Promise<types.Call> {
    return this.#http.call<types.Call>({ method: 'POST', path: `/v1/calls/${segment(callId)}/reject` }, options);
  }
}
