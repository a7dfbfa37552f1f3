// Made by `npm run generate` from the OpenAPI description. Changes made here are lost.

import { everyRow } from '../pages.ts';
import { segment, type CallOptions, type Transport } from '../transport.ts';
import type * as types from './types.ts';

export class Sessions {
  readonly #http: Transport;

  constructor(http: Transport) {
    this.#http = http;
  }

  /**
   * List sessions.
   *
   * Where people are signed in. A person gets their own, whatever workspace each works in; owners and admins get those of another member in this workspace with `personId`. An API key gets those of all members in this workspace.
   *
   * Scope `sessions:read`. Roles: owner, admin, agent, viewer. Not for keys limited to devices.
   *
   * `GET /v1/sessions`
   */
  list(query: {
      /** How many rows at the most. */
      limit?: number | undefined;
      /** `nextCursor` of the page before, with the same filters. */
      cursor?: string | undefined;
      /** `desc` is newest first. */
      order?: "asc" | "desc" | undefined;
      /** Only sessions of this person. */
      personId?: string | undefined;
    } = {}, options: CallOptions = {}): Promise<types.SessionList> {
    return this.#http.call<types.SessionList>({ method: 'GET', path: '/v1/sessions', query }, options);
  }

  /** List sessions: every row, page by page, read as you go. */
  all(query: {
      /** How many rows at the most. */
      limit?: number | undefined;
      /** `desc` is newest first. */
      order?: "asc" | "desc" | undefined;
      /** Only sessions of this person. */
      personId?: string | undefined;
    } = {}, options: CallOptions = {}): AsyncGenerator<types.SessionList['data'][number]> {
    return everyRow((page) => this.list({ ...query, ...page }, options));
  }

  /**
   * Revoke a session.
   *
   * Ends it at once. People end their own; owners and admins also those of members who work in this workspace, admins not an owner’s.
   *
   * Scope `sessions:write`. Roles: owner, admin, agent, viewer. Not for keys limited to devices.
   *
   * `DELETE /v1/sessions/{sessionId}`
   */
  revoke(sessionId: string, options: CallOptions = {}): Promise<void> {
    return this.#http.call<void>({ method: 'DELETE', path: `/v1/sessions/${segment(sessionId)}` }, options);
  }
}
