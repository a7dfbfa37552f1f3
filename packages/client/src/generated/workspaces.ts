// Made by `npm run generate` from the OpenAPI description. Changes made here are lost.

import { everyRow } from '../pages.ts';
import { segment, type CallOptions, type CreateOptions, type Transport } from '../transport.ts';
import type * as types from './types.ts';

export class Workspaces {
  readonly #http: Transport;

  constructor(http: Transport) {
    this.#http = http;
  }

  /**
   * List workspaces.
   *
   * Takes the operator key.
   *
   * `GET /v1/operator/workspaces`
   */
  list(query: {
      /** How many rows at the most. */
      limit?: number | undefined;
      /** `nextCursor` of the page before, with the same filters. */
      cursor?: string | undefined;
      /** `desc` is newest first. */
      order?: "asc" | "desc" | undefined;
      /** Only those on this plan. */
      plan?: string | undefined;
    } = {}, options: CallOptions = {}): Promise<types.WorkspaceList> {
    return this.#http.call<types.WorkspaceList>({ method: 'GET', path: '/v1/operator/workspaces', query }, options);
  }

  /** List workspaces: every row, page by page, read as you go. */
  all(query: {
      /** How many rows at the most. */
      limit?: number | undefined;
      /** `desc` is newest first. */
      order?: "asc" | "desc" | undefined;
      /** Only those on this plan. */
      plan?: string | undefined;
    } = {}, options: CallOptions = {}): AsyncGenerator<types.WorkspaceList['data'][number]> {
    return everyRow((page) => this.list({ ...query, ...page }, options));
  }

  /**
   * Create a workspace.
   *
   * Answers its first API key, once, where its plan has API access. A repeated Idempotency-Key answers the same workspace without the key.
   *
   * Takes the operator key.
   *
   * `POST /v1/operator/workspaces`
   */
  create(body: types.CreateWorkspace, options: CreateOptions = {}): Promise<types.NewWorkspace> {
    return this.#http.call<types.NewWorkspace>({ method: 'POST', path: '/v1/operator/workspaces', body, idempotent: true }, options);
  }

  /**
   * Get a workspace.
   *
   * With what it has used of its limits this month.
   *
   * Takes the operator key.
   *
   * `GET /v1/operator/workspaces/{workspaceId}`
   */
  get(workspaceId: string, options: CallOptions = {}): Promise<types.WorkspaceDetail> {
    return this.#http.call<types.WorkspaceDetail>({ method: 'GET', path: `/v1/operator/workspaces/${segment(workspaceId)}` }, options);
  }

  /**
   * Change a workspace.
   *
   * Name, plan, overrides and suspension. A smaller plan deletes nothing: it stops new use, and `GET /v1/usage` tells the workspace what to remove. A suspended workspace has its keys refused and its devices closed; they stay linked and come back when it is resumed.
   *
   * Takes the operator key.
   *
   * `PATCH /v1/operator/workspaces/{workspaceId}`
   */
  update(workspaceId: string, body: types.UpdateWorkspace, options: CallOptions = {}): Promise<types.Workspace> {
    return this.#http.call<types.Workspace>({ method: 'PATCH', path: `/v1/operator/workspaces/${segment(workspaceId)}`, body }, options);
  }
}
