// Made by `npm run generate` from the OpenAPI description. Changes made here are lost.

import { everyRow } from '../pages.ts';
import { segment, type CallOptions, type Transport } from '../transport.ts';
import type * as types from './types.ts';

export class Invitations {
  readonly #http: Transport;

  constructor(http: Transport) {
    this.#http = http;
  }

  /**
   * List open invitations.
   *
   * Scope `members:read`. Roles: owner, admin. Not for keys limited to devices.
   *
   * `GET /v1/invitations`
   */
  list(query: {
      /** How many rows at the most. */
      limit?: number | undefined;
      /** `nextCursor` of the page before, with the same filters. */
      cursor?: string | undefined;
      /** `desc` is newest first. */
      order?: "asc" | "desc" | undefined;
    } = {}, options: CallOptions = {}): Promise<types.InvitationList> {
    return this.#http.call<types.InvitationList>({ method: 'GET', path: '/v1/invitations', query }, options);
  }

  /** List open invitations: every row, page by page, read as you go. */
  all(query: {
      /** How many rows at the most. */
      limit?: number | undefined;
      /** `desc` is newest first. */
      order?: "asc" | "desc" | undefined;
    } = {}, options: CallOptions = {}): AsyncGenerator<types.InvitationList['data'][number]> {
    return everyRow((page) => this.list({ ...query, ...page }, options));
  }

  /**
   * Revoke an invitation.
   *
   * Its link stops working at once.
   *
   * Scope `members:write`. Roles: owner, admin. Not for keys limited to devices.
   *
   * `DELETE /v1/invitations/{invitationId}`
   */
  revoke(invitationId: string, options: CallOptions = {}): Promise<void> {
    return this.#http.call<void>({ method: 'DELETE', path: `/v1/invitations/${segment(invitationId)}` }, options);
  }
}
