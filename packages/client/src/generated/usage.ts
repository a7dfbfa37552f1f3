// Made by `npm run generate` from the OpenAPI description. Changes made here are lost.

import { type CallOptions, type Transport } from '../transport.ts';
import type * as types from './types.ts';

export class Usage {
  readonly #http: Transport;

  constructor(http: Transport) {
    this.#http = http;
  }

  /**
   * See usage and limits.
   *
   * The current month against the plan, and counts by day, device and kind. Quotas go by the calendar month of UTC; devices of network `sandbox` and what they send are free.
   *
   * Scope `usage:read`. Roles: owner, admin, agent, viewer. Not for keys limited to devices.
   *
   * `GET /v1/usage`
   */
  get(query: {
      /** First day of the counts; the first of the month of `to` by default. At most 92 days. */
      from?: string | undefined;
      /** Last day of the counts; today by default. */
      to?: string | undefined;
      /** Only counts of this device. */
      deviceId?: string | undefined;
      /** Any of `day`, `device`, `kind`, separated by commas. */
      groupBy?: string | undefined;
    } = {}, options: CallOptions = {}): Promise<types.Usage> {
    return this.#http.call<types.Usage>({ method: 'GET', path: '/v1/usage', query }, options);
  }
}
