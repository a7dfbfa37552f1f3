// Made by `npm run generate` from the OpenAPI description. Changes made here are lost.

import { type CallOptions, type Transport } from '../transport.ts';
import type * as types from './types.ts';

export class Sinks {
  readonly #http: Transport;

  constructor(http: Transport) {
    this.#http = http;
  }

  /**
   * List sinks.
   *
   * The brokers that the events of all workspaces go to (`WAPING_SINK_NATS_URL`, `WAPING_SINK_AMQP_URL`), how they stand, and how far behind the log they are.
   *
   * Takes the operator key.
   *
   * `GET /v1/operator/sinks`
   */
  list(options: CallOptions = {}): Promise<types.SinkList> {
    return this.#http.call<types.SinkList>({ method: 'GET', path: '/v1/operator/sinks' }, options);
  }
}
