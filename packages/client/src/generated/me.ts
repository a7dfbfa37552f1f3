// Made by `npm run generate` from the OpenAPI description. Changes made here are lost.

import { type CallOptions, type Transport } from '../transport.ts';
import type * as types from './types.ts';

export class Me {
  readonly #http: Transport;

  constructor(http: Transport) {
    this.#http = http;
  }

  /**
   * Who am I, and what may I do?.
   *
   * For every key and person: the workspace and its plan, the rights of the caller, and each operation with the reason where it is refused. What depends on the input of a call (a device, a quota) shows when it is made.
   *
   * Any key, whatever its scopes. Roles: owner, admin, agent, viewer.
   *
   * `GET /v1/me`
   */
  get(options: CallOptions = {}): Promise<types.Me> {
    return this.#http.call<types.Me>({ method: 'GET', path: '/v1/me' }, options);
  }
}
