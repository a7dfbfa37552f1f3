// Made by `npm run generate` from the OpenAPI description. Changes made here are lost.

import { everyRow } from '../pages.ts';
import { segment, type CallOptions, type CreateOptions, type Transport } from '../transport.ts';
import type * as types from './types.ts';

export class Messages {
  readonly #http: Transport;

  constructor(http: Transport) {
    this.#http = http;
  }

  /**
   * List messages.
   *
   * The history of the workspace, inbound and outbound, newest first unless you ask otherwise. Edits and revokes of yours are messages of their own to WhatsApp; they are listed only where `type` asks for them.
   *
   * Scope `messages:read`. Roles: owner, admin, agent, viewer.
   *
   * `GET /v1/messages`
   */
  list(query: {
      /** How many rows at the most. */
      limit?: number | undefined;
      /** `nextCursor` of the page before, with the same filters. */
      cursor?: string | undefined;
      /** `desc` is newest first. */
      order?: "asc" | "desc" | undefined;
      /** Only messages of this device. */
      deviceId?: string | undefined;
      /** Only messages of this conversation. */
      conversationId?: string | undefined;
      /** Only received or only sent ones. */
      direction?: "inbound" | "outbound" | undefined;
      /** Only messages that stand here now. */
      status?: "scheduled" | "queued" | "held" | "sending" | "sent" | "delivered" | "read" | "played" | "failed" | "expired" | "canceled" | "received" | undefined;
      /** Only messages of this kind. */
      type?: string | undefined;
      /** Only messages sent with this reference of yours. */
      clientRef?: string | undefined;
      /** Only messages with this number. */
      phone?: string | undefined;
    } = {}, options: CallOptions = {}): Promise<types.MessageList> {
    return this.#http.call<types.MessageList>({ method: 'GET', path: '/v1/messages', query }, options);
  }

  /** List messages: every row, page by page, read as you go. */
  all(query: {
      /** How many rows at the most. */
      limit?: number | undefined;
      /** `desc` is newest first. */
      order?: "asc" | "desc" | undefined;
      /** Only messages of this device. */
      deviceId?: string | undefined;
      /** Only messages of this conversation. */
      conversationId?: string | undefined;
      /** Only received or only sent ones. */
      direction?: "inbound" | "outbound" | undefined;
      /** Only messages that stand here now. */
      status?: "scheduled" | "queued" | "held" | "sending" | "sent" | "delivered" | "read" | "played" | "failed" | "expired" | "canceled" | "received" | undefined;
      /** Only messages of this kind. */
      type?: string | undefined;
      /** Only messages sent with this reference of yours. */
      clientRef?: string | undefined;
      /** Only messages with this number. */
      phone?: string | undefined;
    } = {}, options: CallOptions = {}): AsyncGenerator<types.MessageList['data'][number]> {
    return everyRow((page) => this.list({ ...query, ...page }, options));
  }

  /**
   * Send a message.
   *
   * Accepts the message and answers at once; delivery follows and every step is an event and a timeline row. With an Idempotency-Key a retry returns the first answer and sends nothing twice.
   *
   * Scope `messages:send`. Roles: owner, admin, agent.
   *
   * `POST /v1/messages`
   */
  send(body: types.SendMessage, options: CreateOptions = {}): Promise<types.Message> {
    return this.#http.call<types.Message>({ method: 'POST', path: '/v1/messages', body, idempotent: true }, options);
  }

  /**
   * Send up to 1,000 messages.
   *
   * Accepts each message on its own, in your order, all in one transaction: the answer says for each whether it was accepted, or why not. Of a quota that does not suffice exactly what is left is accepted. A field that is not valid refuses the whole batch with 400. With an Idempotency-Key a retry returns the first answer, refusals included, and sends nothing twice: to try what was refused again, use another key. Limits on sending count every message.
   *
   * Scope `messages:send`. Roles: owner, admin, agent.
   *
   * `POST /v1/messages/batch`
   */
  sendBatch(body: types.SendBatch, options: CreateOptions = {}): Promise<types.BatchSent> {
    return this.#http.call<types.BatchSent>({ method: 'POST', path: '/v1/messages/batch', body, idempotent: true }, options);
  }

  /**
   * Search messages.
   *
   * Full text over the messages of the workspace, newest first unless you ask otherwise. All words must be there; the forms of a word in English, German, Spanish, Portuguese, French and Russian are found by each other, accents and case make no difference, and text in scripts without spaces (Chinese, Japanese, Korean, Thai …) is found inside longer text. `"…"` is a phrase, `-word` or `-"…"` excludes, `one OR other` finds either of the two beside it, `wor*` whatever begins so. Anything else is read as words: no query is a syntax error. A message is found about a second after it is stored; while very many arrive, later. A page may hold fewer rows than `limit` although more follow: go by `hasMore`.
   *
   * Scope `messages:read`. Roles: owner, admin, agent, viewer.
   *
   * `GET /v1/messages/search`
   */
  search(query: {
      /** What to look for, at most 16 words and phrases. */
      q: string;
      /** How many rows at the most. */
      limit?: number | undefined;
      /** `nextCursor` of the page before, with the same filters. */
      cursor?: string | undefined;
      /** `desc` is newest first. */
      order?: "asc" | "desc" | undefined;
      /** Only messages of this device. */
      deviceId?: string | undefined;
      /** Only messages of this conversation. */
      conversationId?: string | undefined;
      /** Only messages of chats with this contact, and its own in groups. */
      contactId?: string | undefined;
      /** Only received or only sent ones. */
      direction?: "inbound" | "outbound" | undefined;
      /** Only messages of this kind. */
      type?: string | undefined;
      /** Only messages created at this time or later. */
      from?: string | undefined;
      /** Only messages created before this time. */
      to?: string | undefined;
    }, options: CallOptions = {}): Promise<types.FoundMessageList> {
    return this.#http.call<types.FoundMessageList>({ method: 'GET', path: '/v1/messages/search', query }, options);
  }

  /** Search messages: every row, page by page, read as you go. */
  searchAll(query: {
      /** What to look for, at most 16 words and phrases. */
      q: string;
      /** How many rows at the most. */
      limit?: number | undefined;
      /** `desc` is newest first. */
      order?: "asc" | "desc" | undefined;
      /** Only messages of this device. */
      deviceId?: string | undefined;
      /** Only messages of this conversation. */
      conversationId?: string | undefined;
      /** Only messages of chats with this contact, and its own in groups. */
      contactId?: string | undefined;
      /** Only received or only sent ones. */
      direction?: "inbound" | "outbound" | undefined;
      /** Only messages of this kind. */
      type?: string | undefined;
      /** Only messages created at this time or later. */
      from?: string | undefined;
      /** Only messages created before this time. */
      to?: string | undefined;
    }, options: CallOptions = {}): AsyncGenerator<types.FoundMessageList['data'][number]> {
    return everyRow((page) => this.search({ ...query, ...page }, options));
  }

  /**
   * Get a message.
   *
   * Scope `messages:read`. Roles: owner, admin, agent, viewer.
   *
   * `GET /v1/messages/{messageId}`
   */
  get(messageId: string, options: CallOptions = {}): Promise<types.MessageDetail> {
    return this.#http.call<types.MessageDetail>({ method: 'GET', path: `/v1/messages/${segment(messageId)}` }, options);
  }

  /**
   * Edit a sent text.
   *
   * Within 15 minutes of sending, WhatsApp’s own window. To WhatsApp an edit is a message of its own: the answer is that message, of type `edit`, whose status can be followed like any other. Once WhatsApp took it the edited message shows the new text and `editedAt`, with an event `message.edited`.
   *
   * Scope `messages:send`. Roles: owner, admin, agent.
   *
   * `PATCH /v1/messages/{messageId}`
   */
  edit(messageId: string, body: types.EditMessage, options: CallOptions = {}): Promise<types.Message> {
    return this.#http.call<types.Message>({ method: 'PATCH', path: `/v1/messages/${segment(messageId)}`, body }, options);
  }

  /**
   * Take a sent message back.
   *
   * Deletes it for everyone, within 60 hours of sending, WhatsApp’s own window. To WhatsApp a revoke is a message of its own: the answer is that message, of type `revoke`, whose status can be followed. Once WhatsApp took it the message has no content any more and shows `revokedAt`, with an event `message.revoked`. A message still waiting is not sent yet: cancel it instead.
   *
   * Scope `messages:send`. Roles: owner, admin, agent.
   *
   * `DELETE /v1/messages/{messageId}`
   */
  revoke(messageId: string, options: CallOptions = {}): Promise<types.Message> {
    return this.#http.call<types.Message>({ method: 'DELETE', path: `/v1/messages/${segment(messageId)}` }, options);
  }

  /**
   * Cancel a message that waits.
   *
   * Takes back a message that is `scheduled`, `queued` or `held`. From `sending` on it may be on the wire: then the answer is 409. What it counted of this month’s quota is given back.
   *
   * Scope `messages:send`. Roles: owner, admin, agent.
   *
   * `POST /v1/messages/{messageId}/cancel`
   */
  cancel(messageId: string, options: CallOptions = {}): Promise<types.Message> {
    return this.#http.call<types.Message>({ method: 'POST', path: `/v1/messages/${segment(messageId)}/cancel` }, options);
  }

  /**
   * Why is my message where it is?.
   *
   * Every status the message went through, and who changed it since (`edited`, `revoked`, `reaction`, `vote`), oldest first; where it is more than 200 steps, the newest of them.
   *
   * Scope `messages:read`. Roles: owner, admin, agent, viewer.
   *
   * `GET /v1/messages/{messageId}/timeline`
   */
  timeline(messageId: string, options: CallOptions = {}): Promise<types.Timeline> {
    return this.#http.call<types.Timeline>({ method: 'GET', path: `/v1/messages/${segment(messageId)}/timeline` }, options);
  }

  /**
   * Forward a message.
   *
   * Sends the content of a message, received or sent, to another chat, marked as forwarded. The answer is the new message.
   *
   * Scope `messages:send`. Roles: owner, admin, agent.
   *
   * `POST /v1/messages/{messageId}/forward`
   */
  forward(messageId: string, body: types.ForwardMessage, options: CreateOptions = {}): Promise<types.Message> {
    return this.#http.call<types.Message>({ method: 'POST', path: `/v1/messages/${segment(messageId)}/forward`, body, idempotent: true }, options);
  }

  /**
   * Mark a received message read.
   *
   * The message and everything received before it in its chat, as when a person opens the chat there: WhatsApp gets the read receipts, and the conversation’s unread count is what came after. A device that is away does it when it is back. Repeating it changes nothing.
   *
   * Scope `conversations:write`. Roles: owner, admin, agent.
   *
   * `POST /v1/messages/{messageId}/read`
   */
  read(messageId: string, options: CallOptions = {}): Promise<types.Message> {
    return this.#http.call<types.Message>({ method: 'POST', path: `/v1/messages/${segment(messageId)}/read` }, options);
  }

  /**
   * Fetch the file of a message of the past.
   *
   * Files of messages that came with the history are not fetched by themselves: their `media.status` is `available`. This fetches one, as those of new messages are: it is `pending`, and `media.ready` or `media.failed` tells the end. What WhatsApp has lost is asked of the phone, which uploads it again. Repeating it changes nothing; a file that is here or on its way is answered as it stands. It takes the scopes `messages:read` and `media:read`. RATE_LIMITED while 1,000 files of the device wait.
   *
   * Scope `messages:read`. Roles: owner, admin, agent, viewer.
   *
   * `POST /v1/messages/{messageId}/media/fetch`
   */
  fetchMedia(messageId: string, options: CallOptions = {}): Promise<types.Message> {
    return this.#http.call<types.Message>({ method: 'POST', path: `/v1/messages/${segment(messageId)}/media/fetch` }, options);
  }

  /**
   * Post a status update.
   *
   * A text, a picture, a video or a sound in the status of the account, for 24 hours, shown to those who have the account’s number in their contacts. Files are given as in a send. It is a message of the device’s chat of kind `status`, with a status, a timeline and receipts as any other; `DELETE` takes it back. Who has opted out is left out when it goes, however it is marked.
   *
   * Scope `messages:send`. Roles: owner, admin, agent.
   *
   * `POST /v1/devices/{deviceId}/status-updates`
   */
  postStatus(deviceId: string, body: types.PostStatus, options: CreateOptions = {}): Promise<types.Message> {
    return this.#http.call<types.Message>({ method: 'POST', path: `/v1/devices/${segment(deviceId)}/status-updates`, body, idempotent: true }, options);
  }
}
