// Made by `npm run generate` from the OpenAPI description. Changes made here are lost.

import { everyRow } from '../pages.ts';
import { segment, type CallOptions, type Transport } from '../transport.ts';
import type * as types from './types.ts';

export class Members {
  readonly #http: Transport;

  constructor(http: Transport) {
    this.#http = http;
  }

  /**
   * List members.
   *
   * Scope `members:read`. Roles: owner, admin, agent, viewer. Not for keys limited to devices.
   *
   * `GET /v1/members`
   */
  list(query: {
      /** How many rows at the most. */
      limit?: number | undefined;
      /** `nextCursor` of the page before, with the same filters. */
      cursor?: string | undefined;
      /** `desc` is newest first. */
      order?: "asc" | "desc" | undefined;
      /** Only members with this role. */
      role?: "owner" | "admin" | "agent" | "viewer" | undefined;
    } = {}, options: CallOptions = {}): Promise<types.MemberList> {
    return this.#http.call<types.MemberList>({ method: 'GET', path: '/v1/members', query }, options);
  }

  /** List members: every row, page by page, read as you go. */
  all(query: {
      /** How many rows at the most. */
      limit?: number | undefined;
      /** `desc` is newest first. */
      order?: "asc" | "desc" | undefined;
      /** Only members with this role. */
      role?: "owner" | "admin" | "agent" | "viewer" | undefined;
    } = {}, options: CallOptions = {}): AsyncGenerator<types.MemberList['data'][number]> {
    return everyRow((page) => this.list({ ...query, ...page }, options));
  }

  /**
   * Invite a person.
   *
   * Answers a link that works once, for a week. It is kept as a hash only, so it cannot be shown again and takes no Idempotency-Key: a second invitation to the same address is a `CONFLICT` while the first is open.
   *
   * Scope `members:write`. Roles: owner, admin. Not for keys limited to devices.
   *
   * `POST /v1/invitations`
   */
  invite(body: types.InviteMember, options: CallOptions = {}): Promise<types.NewInvitation> {
    return this.#http.call<types.NewInvitation>({ method: 'POST', path: '/v1/invitations', body }, options);
  }

  /**
   * Change a member’s role.
   *
   * Counts from their next request. Only an owner makes or unmakes an owner; the last owner stays one (`CONFLICT`).
   *
   * Scope `members:write`. Roles: owner, admin. Not for keys limited to devices.
   *
   * `PATCH /v1/members/{personId}`
   */
  changeRole(personId: string, body: types.ChangeRole, options: CallOptions = {}): Promise<types.Member> {
    return this.#http.call<types.Member>({ method: 'PATCH', path: `/v1/members/${segment(personId)}`, body }, options);
  }

  /**
   * Remove a member.
   *
   * Their sessions in this workspace end at once. Other workspaces of theirs are not touched. The last owner cannot be removed (`CONFLICT`).
   *
   * Scope `members:write`. Roles: owner, admin. Not for keys limited to devices.
   *
   * `DELETE /v1/members/{personId}`
   */
  remove(personId: string, options: CallOptions = {}): Promise<void> {
    return this.#http.call<void>({ method: 'DELETE', path: `/v1/members/${segment(personId)}` }, options);
  }
}
