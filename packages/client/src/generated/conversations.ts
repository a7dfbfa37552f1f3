// Made by `npm run generate` from the OpenAPI description. Changes made here are lost.

import { everyRow } from '../pages.ts';
import { segment, type CallOptions, type Transport } from '../transport.ts';
import type * as types from './types.ts';

export class Conversations {
  readonly #http: Transport;

  constructor(http: Transport) {
    this.#http = http;
  }

  /**
   * List conversations.
   *
   * Scope `conversations:read`. Roles: owner, admin, agent, viewer.
   *
   * `GET /v1/conversations`
   */
  list(query: {
      /** How many rows at the most. */
      limit?: number | undefined;
      /** `nextCursor` of the page before, with the same filters. */
      cursor?: string | undefined;
      /** `desc` is newest first. */
      order?: "asc" | "desc" | undefined;
      /** Only chats of this device. */
      deviceId?: string | undefined;
    } = {}, options: CallOptions = {}): Promise<types.ConversationList> {
    return this.#http.call<types.ConversationList>({ method: 'GET', path: '/v1/conversations', query }, options);
  }

  /** List conversations: every row, page by page, read as you go. */
  all(query: {
      /** How many rows at the most. */
      limit?: number | undefined;
      /** `desc` is newest first. */
      order?: "asc" | "desc" | undefined;
      /** Only chats of this device. */
      deviceId?: string | undefined;
    } = {}, options: CallOptions = {}): AsyncGenerator<types.ConversationList['data'][number]> {
    return everyRow((page) => this.list({ ...query, ...page }, options));
  }

  /**
   * Get a conversation.
   *
   * Scope `conversations:read`. Roles: owner, admin, agent, viewer.
   *
   * `GET /v1/conversations/{conversationId}`
   */
  get(conversationId: string, options: CallOptions = {}): Promise<types.Conversation> {
    return this.#http.call<types.Conversation>({ method: 'GET', path: `/v1/conversations/${segment(conversationId)}` }, options);
  }

  /**
   * Mark a conversation read.
   *
   * Sets the unread count to 0 and sends WhatsApp the read receipts of what was received since it was last read, the newest 1,000 of it: the other side sees its ticks turn blue, unless the account keeps read receipts to itself. A device that is away does it when it is back. Repeating it changes nothing.
   *
   * Scope `conversations:write`. Roles: owner, admin, agent.
   *
   * `POST /v1/conversations/{conversationId}/read`
   */
  read(conversationId: string, options: CallOptions = {}): Promise<types.Conversation> {
    return this.#http.call<types.Conversation>({ method: 'POST', path: `/v1/conversations/${segment(conversationId)}/read` }, options);
  }

  /**
   * Show typing or recording.
   *
   * The other side sees it at once. It ends with `paused`, with the next message, or by itself after 25 seconds; renew it to show it longer. Nothing is kept: a device that is not connected answers SESSION_DISCONNECTED.
   *
   * Scope `messages:send`. Roles: owner, admin, agent.
   *
   * `POST /v1/conversations/{conversationId}/typing`
   */
  typing(conversationId: string, body: types.ShowTyping, options: CallOptions = {}): Promise<types.Typing> {
    return this.#http.call<types.Typing>({ method: 'POST', path: `/v1/conversations/${segment(conversationId)}/typing`, body }, options);
  }
}
