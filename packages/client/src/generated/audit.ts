// Made by `npm run generate` from the OpenAPI description. Changes made here are lost.

import { everyRow } from '../pages.ts';
import { type CallOptions, type Transport } from '../transport.ts';
import type * as types from './types.ts';

export class Audit {
  readonly #http: Transport;

  constructor(http: Transport) {
    this.#http = http;
  }

  /**
   * Read the audit log.
   *
   * Who changed what in this workspace, newest first. Every call that changes something leaves one entry, which commits with the change; a call that fails leaves none. Sign-ins, failed ones too, and what people do to their accounts stand here as `auth.…`.
   *
   * Scope `audit:read`. Roles: owner, admin. Not for keys limited to devices.
   *
   * `GET /v1/audit`
   */
  list(query: {
      /** How many rows at the most. */
      limit?: number | undefined;
      /** `nextCursor` of the page before, with the same filters. */
      cursor?: string | undefined;
      /** `desc` is newest first. */
      order?: "asc" | "desc" | undefined;
      /** Only what this kind of actor did. */
      actorKind?: "api_key" | "person" | "operator" | "cli" | "system" | "anonymous" | undefined;
      /** Only what this key or person did. */
      actorId?: string | undefined;
      /** Only this operation. */
      action?: string | undefined;
      /** Only what was done to this. */
      targetId?: string | undefined;
      /** Only entries of this time or later. */
      from?: string | undefined;
      /** Only entries before this time: the `from` of the next period. */
      to?: string | undefined;
    } = {}, options: CallOptions = {}): Promise<types.AuditList> {
    return this.#http.call<types.AuditList>({ method: 'GET', path: '/v1/audit', query }, options);
  }

  /** Read the audit log: every row, page by page, read as you go. */
  all(query: {
      /** How many rows at the most. */
      limit?: number | undefined;
      /** `desc` is newest first. */
      order?: "asc" | "desc" | undefined;
      /** Only what this kind of actor did. */
      actorKind?: "api_key" | "person" | "operator" | "cli" | "system" | "anonymous" | undefined;
      /** Only what this key or person did. */
      actorId?: string | undefined;
      /** Only this operation. */
      action?: string | undefined;
      /** Only what was done to this. */
      targetId?: string | undefined;
      /** Only entries of this time or later. */
      from?: string | undefined;
      /** Only entries before this time: the `from` of the next period. */
      to?: string | undefined;
    } = {}, options: CallOptions = {}): AsyncGenerator<types.AuditList['data'][number]> {
    return everyRow((page) => this.list({ ...query, ...page }, options));
  }

  /**
   * Export the audit log.
   *
   * All entries that pass the filters, oldest first, up to the moment of the request: as CSV, or as JSON Lines with one entry of `GET /v1/audit` a line. It is sent while it is read, so any length will do; a reply that breaks off is not complete. In CSV, a cell a spreadsheet would take for a formula has an apostrophe in front.
   *
   * Scope `audit:read`. Roles: owner, admin. Not for keys limited to devices.
   *
   * `GET /v1/audit/export`
   */
  export(query: {
      /** Wins over the Accept header. */
      format?: "csv" | "jsonl" | undefined;
      /** Only what this kind of actor did. */
      actorKind?: "api_key" | "person" | "operator" | "cli" | "system" | "anonymous" | undefined;
      /** Only what this key or person did. */
      actorId?: string | undefined;
      /** Only this operation. */
      action?: string | undefined;
      /** Only what was done to this. */
      targetId?: string | undefined;
      /** Only entries of this time or later. */
      from?: string | undefined;
      /** Only entries before this time: the `from` of the next period. */
      to?: string | undefined;
    } = {}, options: CallOptions = {}): Promise<Response> {
    return this.#http.raw({ method: 'GET', path: '/v1/audit/export', query, accept: '*/*' }, options);
  }
}
