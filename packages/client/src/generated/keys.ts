// Made by `npm run generate` from the OpenAPI description. Changes made here are lost.

import { everyRow } from '../pages.ts';
import { segment, type CallOptions, type CreateOptions, type Transport } from '../transport.ts';
import type * as types from './types.ts';

export class Keys {
  readonly #http: Transport;

  constructor(http: Transport) {
    this.#http = http;
  }

  /**
   * List API keys.
   *
   * Revoked keys too: the last 500 of them. Secrets are never shown again.
   *
   * Scope `keys:read`. Roles: owner, admin. Not for keys limited to devices.
   *
   * `GET /v1/keys`
   */
  list(query: {
      /** How many rows at the most. */
      limit?: number | undefined;
      /** `nextCursor` of the page before, with the same filters. */
      cursor?: string | undefined;
      /** `desc` is newest first. */
      order?: "asc" | "desc" | undefined;
      /** Only keys in this state. */
      state?: "active" | "expired" | "revoked" | undefined;
    } = {}, options: CallOptions = {}): Promise<types.ApiKeyList> {
    return this.#http.call<types.ApiKeyList>({ method: 'GET', path: '/v1/keys', query }, options);
  }

  /** List API keys: every row, page by page, read as you go. */
  all(query: {
      /** How many rows at the most. */
      limit?: number | undefined;
      /** `desc` is newest first. */
      order?: "asc" | "desc" | undefined;
      /** Only keys in this state. */
      state?: "active" | "expired" | "revoked" | undefined;
    } = {}, options: CallOptions = {}): AsyncGenerator<types.ApiKeyList['data'][number]> {
    return everyRow((page) => this.list({ ...query, ...page }, options));
  }

  /**
   * Create an API key.
   *
   * The secret is in this answer alone. A key that makes a key can give no more than it has: scopes, devices, addresses and expiry. The plan needs API access.
   *
   * Scope `keys:write`. Roles: owner, admin. Not for keys limited to devices.
   *
   * `POST /v1/keys`
   */
  create(body: types.CreateApiKey, options: CreateOptions = {}): Promise<types.IssuedApiKey> {
    return this.#http.call<types.IssuedApiKey>({ method: 'POST', path: '/v1/keys', body, idempotent: true }, options);
  }

  /**
   * Get an API key.
   *
   * Scope `keys:read`. Roles: owner, admin. Not for keys limited to devices.
   *
   * `GET /v1/keys/{keyId}`
   */
  get(keyId: string, options: CallOptions = {}): Promise<types.ApiKey> {
    return this.#http.call<types.ApiKey>({ method: 'GET', path: `/v1/keys/${segment(keyId)}` }, options);
  }

  /**
   * Change an API key.
   *
   * Name, scopes, devices, addresses, expiry; what is left out stays. In force within a second on every node. The secret stays the same.
   *
   * Scope `keys:write`. Roles: owner, admin. Not for keys limited to devices.
   *
   * `PATCH /v1/keys/{keyId}`
   */
  update(keyId: string, body: types.UpdateApiKey, options: CallOptions = {}): Promise<types.ApiKey> {
    return this.#http.call<types.ApiKey>({ method: 'PATCH', path: `/v1/keys/${segment(keyId)}`, body }, options);
  }

  /**
   * Revoke an API key.
   *
   * It stops working within a second on every node, with all its secrets, and cannot be brought back. It stays in the list. Revoking it again does nothing.
   *
   * Scope `keys:write`. Roles: owner, admin. Not for keys limited to devices.
   *
   * `DELETE /v1/keys/{keyId}`
   */
  revoke(keyId: string, options: CallOptions = {}): Promise<void> {
    return this.#http.call<void>({ method: 'DELETE', path: `/v1/keys/${segment(keyId)}` }, options);
  }

  /**
   * Give an API key a new secret.
   *
   * The key keeps its id and its rights. The new secret is in this answer alone; the old one works until `oldSecretUntil`. `POST /v1/keys/{keyId}/end-rotation` ends that early, or takes the rotation back. Rotating again during the overlap stops the oldest secret at once.
   *
   * Scope `keys:write`. Roles: owner, admin. Not for keys limited to devices.
   *
   * `POST /v1/keys/{keyId}/rotate`
   */
  rotate(keyId: string, body: types.RotateApiKey, options: CreateOptions = {}): Promise<types.IssuedApiKey> {
    return this.#http.call<types.IssuedApiKey>({ method: 'POST', path: `/v1/keys/${segment(keyId)}/rotate`, body, idempotent: true }, options);
  }

  /**
   * End the overlap of a rotation.
   *
   * While two secrets of a key work: `new` stops the old one now, `old` takes the rotation back and stops the new one.
   *
   * Scope `keys:write`. Roles: owner, admin. Not for keys limited to devices.
   *
   * `POST /v1/keys/{keyId}/end-rotation`
   */
  endRotation(keyId: string, body: types.EndRotation, options: CallOptions = {}): Promise<types.ApiKey> {
    return this.#http.call<types.ApiKey>({ method: 'POST', path: `/v1/keys/${segment(keyId)}/end-rotation`, body }, options);
  }
}
