// Made by `npm run generate` from the OpenAPI description. Changes made here are lost.

import { everyRow } from '../pages.ts';
import { segment, type CallOptions, type CreateOptions, type Transport } from '../transport.ts';
import type * as types from './types.ts';

export class Webhooks {
  readonly #http: Transport;

  constructor(http: Transport) {
    this.#http = http;
  }

  /**
   * List webhook endpoints.
   *
   * Scope `webhooks:read`. Roles: owner, admin. Not for keys limited to devices.
   *
   * `GET /v1/webhooks`
   */
  list(query: {
      /** How many rows at the most. */
      limit?: number | undefined;
      /** `nextCursor` of the page before, with the same filters. */
      cursor?: string | undefined;
      /** `desc` is newest first. */
      order?: "asc" | "desc" | undefined;
      /** Only endpoints in this state. */
      state?: "unverified" | "active" | "paused" | "disabled" | undefined;
    } = {}, options: CallOptions = {}): Promise<types.WebhookList> {
    return this.#http.call<types.WebhookList>({ method: 'GET', path: '/v1/webhooks', query }, options);
  }

  /** List webhook endpoints: every row, page by page, read as you go. */
  all(query: {
      /** How many rows at the most. */
      limit?: number | undefined;
      /** `desc` is newest first. */
      order?: "asc" | "desc" | undefined;
      /** Only endpoints in this state. */
      state?: "unverified" | "active" | "paused" | "disabled" | undefined;
    } = {}, options: CallOptions = {}): AsyncGenerator<types.WebhookList['data'][number]> {
    return everyRow((page) => this.list({ ...query, ...page }, options));
  }

  /**
   * Create a webhook endpoint.
   *
   * The signing secret is in this answer alone. The endpoint is challenged at once and becomes `active` when it has answered; it then gets every event from its creation on. A key that may do this may have every event sent somewhere. The plan needs API access.
   *
   * Scope `webhooks:write`. Roles: owner, admin. Not for keys limited to devices.
   *
   * `POST /v1/webhooks`
   */
  create(body: types.CreateWebhook, options: CreateOptions = {}): Promise<types.IssuedWebhook> {
    return this.#http.call<types.IssuedWebhook>({ method: 'POST', path: '/v1/webhooks', body, idempotent: true }, options);
  }

  /**
   * Get a webhook endpoint.
   *
   * Scope `webhooks:read`. Roles: owner, admin. Not for keys limited to devices.
   *
   * `GET /v1/webhooks/{webhookId}`
   */
  get(webhookId: string, options: CallOptions = {}): Promise<types.Webhook> {
    return this.#http.call<types.Webhook>({ method: 'GET', path: `/v1/webhooks/${segment(webhookId)}` }, options);
  }

  /**
   * Change a webhook endpoint.
   *
   * What is left out stays; `headers` are replaced as a whole. Another URL has to answer a challenge first: until then its events wait in the log. Deliveries that are made already stay.
   *
   * Scope `webhooks:write`. Roles: owner, admin. Not for keys limited to devices.
   *
   * `PATCH /v1/webhooks/{webhookId}`
   */
  update(webhookId: string, body: types.UpdateWebhook, options: CallOptions = {}): Promise<types.Webhook> {
    return this.#http.call<types.Webhook>({ method: 'PATCH', path: `/v1/webhooks/${segment(webhookId)}`, body }, options);
  }

  /**
   * Delete a webhook endpoint.
   *
   * Its deliveries go with it. A request that is under way at that moment may still arrive.
   *
   * Scope `webhooks:write`. Roles: owner, admin. Not for keys limited to devices.
   *
   * `DELETE /v1/webhooks/{webhookId}`
   */
  delete(webhookId: string, options: CallOptions = {}): Promise<void> {
    return this.#http.call<void>({ method: 'DELETE', path: `/v1/webhooks/${segment(webhookId)}` }, options);
  }

  /**
   * Give a webhook endpoint a new secret.
   *
   * The new secret is in this answer alone. Until `oldSecretUntil` every delivery carries two signatures, by the new and by the old one, so that a receiver may change over at any moment. Rotating again during the overlap drops the oldest secret at once.
   *
   * Scope `webhooks:write`. Roles: owner, admin. Not for keys limited to devices.
   *
   * `POST /v1/webhooks/{webhookId}/rotate-secret`
   */
  rotateSecret(webhookId: string, body: types.RotateWebhookSecret, options: CreateOptions = {}): Promise<types.IssuedWebhook> {
    return this.#http.call<types.IssuedWebhook>({ method: 'POST', path: `/v1/webhooks/${segment(webhookId)}/rotate-secret`, body, idempotent: true }, options);
  }

  /**
   * Challenge an endpoint again.
   *
   * Sends the ownership challenge now, and again on its schedule. The endpoint is `active` once it has answered: ask for it, or wait for `webhook.verified`.
   *
   * Scope `webhooks:write`. Roles: owner, admin. Not for keys limited to devices.
   *
   * `POST /v1/webhooks/{webhookId}/verify`
   */
  verify(webhookId: string, options: CallOptions = {}): Promise<types.Webhook> {
    return this.#http.call<types.Webhook>({ method: 'POST', path: `/v1/webhooks/${segment(webhookId)}/verify` }, options);
  }

  /**
   * Send a test event.
   *
   * An event of type `webhook.test` to this endpoint alone, signed and retried like any other, whatever the endpoint’s filters. It does not stand in the event log.
   *
   * Scope `webhooks:write`. Roles: owner, admin. Not for keys limited to devices.
   *
   * `POST /v1/webhooks/{webhookId}/test`
   */
  test(webhookId: string, options: CreateOptions = {}): Promise<types.WebhookDelivery> {
    return this.#http.call<types.WebhookDelivery>({ method: 'POST', path: `/v1/webhooks/${segment(webhookId)}/test`, idempotent: true }, options);
  }

  /**
   * Pause an endpoint.
   *
   * Nothing is sent until it is resumed by hand. Its events wait in the log, for as long as the workspace keeps events.
   *
   * Scope `webhooks:write`. Roles: owner, admin. Not for keys limited to devices.
   *
   * `POST /v1/webhooks/{webhookId}/pause`
   */
  pause(webhookId: string, options: CallOptions = {}): Promise<types.Webhook> {
    return this.#http.call<types.Webhook>({ method: 'POST', path: `/v1/webhooks/${segment(webhookId)}/pause` }, options);
  }

  /**
   * Resume an endpoint.
   *
   * Goes on where it stopped, or with the events from a time on (perhaps some of the minute before): earlier to go back, later to leave some out. Deliveries that were made before stay as they are; replay them to have them again.
   *
   * Scope `webhooks:write`. Roles: owner, admin. Not for keys limited to devices.
   *
   * `POST /v1/webhooks/{webhookId}/resume`
   */
  resume(webhookId: string, body: types.ResumeWebhook, options: CallOptions = {}): Promise<types.Webhook> {
    return this.#http.call<types.Webhook>({ method: 'POST', path: `/v1/webhooks/${segment(webhookId)}/resume`, body }, options);
  }

  /**
   * List the deliveries of an endpoint.
   *
   * Each event that was or is to be sent to it, with its attempts: status, latency, error, the first kilobyte of the answer, and when it is tried again. Kept for 30 days.
   *
   * Scope `webhooks:read`. Roles: owner, admin. Not for keys limited to devices.
   *
   * `GET /v1/webhooks/{webhookId}/deliveries`
   */
  listDeliveries(webhookId: string, query: {
      /** How many rows at the most. */
      limit?: number | undefined;
      /** `nextCursor` of the page before, with the same filters. */
      cursor?: string | undefined;
      /** `desc` is newest first. */
      order?: "asc" | "desc" | undefined;
      /** Only deliveries in this state. */
      state?: "pending" | "delivered" | "failed" | undefined;
      /** Only of events of this type. */
      eventType?: string | undefined;
      /** Only of this event. */
      eventId?: string | undefined;
    } = {}, options: CallOptions = {}): Promise<types.WebhookDeliveryList> {
    return this.#http.call<types.WebhookDeliveryList>({ method: 'GET', path: `/v1/webhooks/${segment(webhookId)}/deliveries`, query }, options);
  }

  /** List the deliveries of an endpoint: every row, page by page, read as you go. */
  listDeliveriesAll(webhookId: string, query: {
      /** How many rows at the most. */
      limit?: number | undefined;
      /** `desc` is newest first. */
      order?: "asc" | "desc" | undefined;
      /** Only deliveries in this state. */
      state?: "pending" | "delivered" | "failed" | undefined;
      /** Only of events of this type. */
      eventType?: string | undefined;
      /** Only of this event. */
      eventId?: string | undefined;
    } = {}, options: CallOptions = {}): AsyncGenerator<types.WebhookDeliveryList['data'][number]> {
    return everyRow((page) => this.listDeliveries(webhookId, { ...query, ...page }, options));
  }

  /**
   * Get a delivery.
   *
   * Scope `webhooks:read`. Roles: owner, admin. Not for keys limited to devices.
   *
   * `GET /v1/webhooks/{webhookId}/deliveries/{deliveryId}`
   */
  getDelivery(webhookId: string, deliveryId: string, options: CallOptions = {}): Promise<types.WebhookDelivery> {
    return this.#http.call<types.WebhookDelivery>({ method: 'GET', path: `/v1/webhooks/${segment(webhookId)}/deliveries/${segment(deliveryId)}` }, options);
  }

  /**
   * Send an event again.
   *
   * Whatever became of it, it is due now and has its whole schedule before it. It keeps its `webhook-id`, by which a receiver knows an event it has had.
   *
   * Scope `webhooks:write`. Roles: owner, admin. Not for keys limited to devices.
   *
   * `POST /v1/webhooks/{webhookId}/deliveries/{deliveryId}/replay`
   */
  replayDelivery(webhookId: string, deliveryId: string, options: CallOptions = {}): Promise<types.WebhookDelivery> {
    return this.#http.call<types.WebhookDelivery>({ method: 'POST', path: `/v1/webhooks/${segment(webhookId)}/deliveries/${segment(deliveryId)}/replay` }, options);
  }

  /**
   * Send many events again.
   *
   * A job with progress. With `failed`: every delivery that was given up. With `from` (and `to`): every event of that time that the endpoint’s filters want, delivered before or not, as far as the log still has them.
   *
   * Scope `webhooks:write`. Roles: owner, admin. Not for keys limited to devices.
   *
   * `POST /v1/webhooks/{webhookId}/replay`
   */
  replay(webhookId: string, body: types.ReplayWebhook, options: CreateOptions = {}): Promise<types.Job> {
    return this.#http.call<types.Job>({ method: 'POST', path: `/v1/webhooks/${segment(webhookId)}/replay`, body, idempotent: true }, options);
  }
}
