// Made by `npm run generate` from the OpenAPI description. Changes made here are lost.

import { everyRow } from '../pages.ts';
import { segment, type CallOptions, type Transport } from '../transport.ts';
import type * as types from './types.ts';

export class Jobs {
  readonly #http: Transport;

  constructor(http: Transport) {
    this.#http = http;
  }

  /**
   * List jobs.
   *
   * Jobs of the last 30 days, and those that are open.
   *
   * Scope `jobs:read`. Roles: owner, admin. Not for keys limited to devices.
   *
   * `GET /v1/jobs`
   */
  list(query: {
      /** How many rows at the most. */
      limit?: number | undefined;
      /** `nextCursor` of the page before, with the same filters. */
      cursor?: string | undefined;
      /** `desc` is newest first. */
      order?: "asc" | "desc" | undefined;
      /** Only jobs in this state. */
      state?: "queued" | "running" | "succeeded" | "failed" | "canceled" | undefined;
      /** Only jobs of this kind. */
      kind?: string | undefined;
    } = {}, options: CallOptions = {}): Promise<types.JobList> {
    return this.#http.call<types.JobList>({ method: 'GET', path: '/v1/jobs', query }, options);
  }

  /** List jobs: every row, page by page, read as you go. */
  all(query: {
      /** How many rows at the most. */
      limit?: number | undefined;
      /** `desc` is newest first. */
      order?: "asc" | "desc" | undefined;
      /** Only jobs in this state. */
      state?: "queued" | "running" | "succeeded" | "failed" | "canceled" | undefined;
      /** Only jobs of this kind. */
      kind?: string | undefined;
    } = {}, options: CallOptions = {}): AsyncGenerator<types.JobList['data'][number]> {
    return everyRow((page) => this.list({ ...query, ...page }, options));
  }

  /**
   * Get a job.
   *
   * Scope `jobs:read`. Roles: owner, admin. Not for keys limited to devices.
   *
   * `GET /v1/jobs/{jobId}`
   */
  get(jobId: string, options: CallOptions = {}): Promise<types.Job> {
    return this.#http.call<types.Job>({ method: 'GET', path: `/v1/jobs/${segment(jobId)}` }, options);
  }

  /**
   * Cancel a job.
   *
   * What it made so far is thrown away. A job that is `cancelable: false` can be canceled only before it has begun: half an erasure cannot be taken back.
   *
   * Scope `jobs:write`. Roles: owner, admin. Not for keys limited to devices.
   *
   * `POST /v1/jobs/{jobId}/cancel`
   */
  cancel(jobId: string, options: CallOptions = {}): Promise<types.Job> {
    return this.#http.call<types.Job>({ method: 'POST', path: `/v1/jobs/${segment(jobId)}/cancel` }, options);
  }

  /**
   * Fetch what a job made.
   *
   * The records of an export: one JSON document, or a record a line with `format=jsonl`. Streamed, and kept for seven days. Has a scope of its own, for it may hold all a workspace knows.
   *
   * Scope `jobs:result`. Roles: owner, admin. Not for keys limited to devices.
   *
   * `GET /v1/jobs/{jobId}/result`
   */
  result(jobId: string, query: {
      /** `json`: one document. `jsonl`: a record a line. */
      format?: "json" | "jsonl" | undefined;
    } = {}, options: CallOptions = {}): Promise<types.JobResult> {
    return this.#http.call<types.JobResult>({ method: 'GET', path: `/v1/jobs/${segment(jobId)}/result`, query }, options);
  }

  /**
   * Fetch what a job made.
   *
   * The records of an export: one JSON document, or a record a line with `format=jsonl`. Streamed, and kept for seven days. Has a scope of its own, for it may hold all a workspace knows.
   *
   * Scope `jobs:result`. Roles: owner, admin. Not for keys limited to devices.
   *
   * `GET /v1/jobs/{jobId}/result`
   *
   * The reply as it comes, in another form than JSON.
   */
  resultAs(jobId: string, accept: "application/jsonl", query: {
      /** `json`: one document. `jsonl`: a record a line. */
      format?: "json" | "jsonl" | undefined;
    } = {}, options: CallOptions = {}): Promise<Response> {
    return this.#http.raw({ method: 'GET', path: `/v1/jobs/${segment(jobId)}/result`, query, accept }, options);
  }
}
