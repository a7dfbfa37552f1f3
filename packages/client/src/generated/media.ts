// Made by `npm run generate` from the OpenAPI description. Changes made here are lost.

import { everyRow } from '../pages.ts';
import { segment, type CallOptions, type CreateOptions, type RequestBody, type Transport } from '../transport.ts';
import type * as types from './types.ts';

export class Media {
  readonly #http: Transport;

  constructor(http: Transport) {
    this.#http = http;
  }

  /**
   * List media.
   *
   * What the workspace holds: uploaded, fetched, and received. Newest first.
   *
   * Scope `media:read`. Roles: owner, admin, agent, viewer.
   *
   * `GET /v1/media`
   */
  list(query: {
      /** How many rows at the most. */
      limit?: number | undefined;
      /** `nextCursor` of the page before, with the same filters. */
      cursor?: string | undefined;
      /** `desc` is newest first. */
      order?: "asc" | "desc" | undefined;
      /** Only media of this device. */
      deviceId?: string | undefined;
      /** Only files of this kind. */
      kind?: "image" | "video" | "audio" | "document" | undefined;
      /** Only what came here in this way. */
      source?: "upload" | "url" | "base64" | "inbound" | undefined;
    } = {}, options: CallOptions = {}): Promise<types.MediaList> {
    return this.#http.call<types.MediaList>({ method: 'GET', path: '/v1/media', query }, options);
  }

  /** List media: every row, page by page, read as you go. */
  all(query: {
      /** How many rows at the most. */
      limit?: number | undefined;
      /** `desc` is newest first. */
      order?: "asc" | "desc" | undefined;
      /** Only media of this device. */
      deviceId?: string | undefined;
      /** Only files of this kind. */
      kind?: "image" | "video" | "audio" | "document" | undefined;
      /** Only what came here in this way. */
      source?: "upload" | "url" | "base64" | "inbound" | undefined;
    } = {}, options: CallOptions = {}): AsyncGenerator<types.MediaList['data'][number]> {
    return everyRow((page) => this.list({ ...query, ...page }, options));
  }

  /**
   * Upload a file.
   *
   * Takes a file of up to 100 MiB as `multipart/form-data`, in the field `file`, and answers its id for as many messages as you like. What it is told by its bytes: a Content-Type that contradicts them is refused. Each message type has its own limits; `sendableAs` says which the file passes. With an Idempotency-Key a retry of the same file answers the first media. It stays until you delete it, or until it is older than the workspace keeps messages and none shows it.
   *
   * Scope `media:write`. Roles: owner, admin, agent.
   *
   * `POST /v1/media`
   */
  upload(body: RequestBody, options: CreateOptions = {}): Promise<types.Media> {
    return this.#http.call<types.Media>({ method: 'POST', path: '/v1/media', body, idempotent: true }, options);
  }

  /**
   * Fetch a file from a URL.
   *
   * Like an upload, of a file that lies elsewhere: it is fetched now, once, and kept. The URL must lead to the internet, on the ports of http and https, through at most three redirects; private, loopback and link-local addresses are refused in every spelling unless the operator allows them. SERVICE_UNAVAILABLE: the other side does not answer, try again later.
   *
   * Scope `media:write`. Roles: owner, admin, agent.
   *
   * `POST /v1/media/fetch`
   */
  fetch(body: types.FetchMedia, options: CreateOptions = {}): Promise<types.Media> {
    return this.#http.call<types.Media>({ method: 'POST', path: '/v1/media/fetch', body, idempotent: true }, options);
  }

  /**
   * Get media.
   *
   * What is known of a file. Its bytes are at `/content`.
   *
   * Scope `media:read`. Roles: owner, admin, agent, viewer.
   *
   * `GET /v1/media/{mediaId}`
   */
  get(mediaId: string, options: CallOptions = {}): Promise<types.Media> {
    return this.#http.call<types.Media>({ method: 'GET', path: `/v1/media/${segment(mediaId)}` }, options);
  }

  /**
   * Delete media.
   *
   * Messages that show it stay and show that it is gone (`media.status` is `failed`, its reason `deleted`); what was sent stays on the phones. CONFLICT while a message with it waits to be sent, or a template names it. The bytes go when no other media has the same.
   *
   * Scope `media:write`. Roles: owner, admin, agent.
   *
   * `DELETE /v1/media/{mediaId}`
   */
  delete(mediaId: string, options: CallOptions = {}): Promise<void> {
    return this.#http.call<void>({ method: 'DELETE', path: `/v1/media/${segment(mediaId)}` }, options);
  }

  /**
   * Download media.
   *
   * The bytes, with their own media type. `Range` answers a part (206), so that players can seek and downloads go on where they broke off; the ETag is the content’s hash. What could carry scripts is offered for saving, never for showing.
   *
   * Scope `media:read`. Roles: owner, admin, agent, viewer.
   *
   * `GET /v1/media/{mediaId}/content`
   */
  content(mediaId: string, options: CallOptions = {}): Promise<Response> {
    return this.#http.raw({ method: 'GET', path: `/v1/media/${segment(mediaId)}/content`, accept: '*/*' }, options);
  }

  /**
   * Make a link to media.
   *
   * A URL that whoever has it can open without a key, for a browser or another service. It ends by itself, at the latest after a day, and with the media; it cannot be taken back before.
   *
   * Scope `media:read`. Roles: owner, admin, agent, viewer.
   *
   * `POST /v1/media/{mediaId}/url`
   */
  createLink(mediaId: string, body: types.CreateMediaLink, options: CallOptions = {}): Promise<types.MediaLink> {
    return this.#http.call<types.MediaLink>({ method: 'POST', path: `/v1/media/${segment(mediaId)}/url`, body }, options);
  }
}
