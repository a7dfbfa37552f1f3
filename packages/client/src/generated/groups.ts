// Made by `npm run generate` from the OpenAPI description. Changes made here are lost.

import { everyRow } from '../pages.ts';
import { segment, type CallOptions, type CreateOptions, type Transport } from '../transport.ts';
import type * as types from './types.ts';

export class Groups {
  readonly #http: Transport;

  constructor(http: Transport) {
    this.#http = http;
  }

  /**
   * List groups.
   *
   * Every group an account of yours is or was in, once for each device. They are read when a device connects and follow every change, whoever makes it.
   *
   * Scope `groups:read`. Roles: owner, admin, agent, viewer.
   *
   * `GET /v1/groups`
   */
  list(query: {
      /** How many rows at the most. */
      limit?: number | undefined;
      /** `nextCursor` of the page before, with the same filters. */
      cursor?: string | undefined;
      /** `desc` is newest first. */
      order?: "asc" | "desc" | undefined;
      /** Only groups of this device. */
      deviceId?: string | undefined;
    } = {}, options: CallOptions = {}): Promise<types.GroupList> {
    return this.#http.call<types.GroupList>({ method: 'GET', path: '/v1/groups', query }, options);
  }

  /** List groups: every row, page by page, read as you go. */
  all(query: {
      /** How many rows at the most. */
      limit?: number | undefined;
      /** `desc` is newest first. */
      order?: "asc" | "desc" | undefined;
      /** Only groups of this device. */
      deviceId?: string | undefined;
    } = {}, options: CallOptions = {}): AsyncGenerator<types.GroupList['data'][number]> {
    return everyRow((page) => this.list({ ...query, ...page }, options));
  }

  /**
   * Create a group.
   *
   * Makes the group on WhatsApp, with the account as its owner, and answers once it is there. `results` says who is in it and who needs an invite link instead. WhatsApp makes a group for every request it gets: with an Idempotency-Key a retry after an answer returns that answer and makes nothing. After SERVICE_UNAVAILABLE, or when WAPing itself died before it answered, the group may be there all the same. It then shows up in the list (`group.created`) within seconds, or once the device is connected again: look there before you try again.
   *
   * Scope `groups:write`. Roles: owner, admin, agent.
   *
   * `POST /v1/groups`
   */
  create(body: types.CreateGroup, options: CreateOptions = {}): Promise<types.CreatedGroup> {
    return this.#http.call<types.CreatedGroup>({ method: 'POST', path: '/v1/groups', body, idempotent: true }, options);
  }

  /**
   * Join a group by its invite link.
   *
   * Where an admin has to let the account in, `status` is `pending` and `group` null: the group shows up once they do (`group.created`). Joining a group the account is in already changes nothing, so a retry is safe at any time.
   *
   * Scope `groups:write`. Roles: owner, admin, agent.
   *
   * `POST /v1/groups/join`
   */
  join(body: types.JoinGroup, options: CallOptions = {}): Promise<types.JoinedGroup> {
    return this.#http.call<types.JoinedGroup>({ method: 'POST', path: '/v1/groups/join', body }, options);
  }

  /**
   * Get a group with its members.
   *
   * Scope `groups:read`. Roles: owner, admin, agent, viewer.
   *
   * `GET /v1/groups/{groupId}`
   */
  get(groupId: string, options: CallOptions = {}): Promise<types.GroupWithMembers> {
    return this.#http.call<types.GroupWithMembers>({ method: 'GET', path: `/v1/groups/${segment(groupId)}` }, options);
  }

  /**
   * Change a group.
   *
   * What you leave out stays. WhatsApp takes each setting by itself: when it refuses one (CONFLICT, mostly because the account is no admin), those before it are changed, and the group shows it within seconds.
   *
   * Scope `groups:write`. Roles: owner, admin, agent.
   *
   * `PATCH /v1/groups/{groupId}`
   */
  update(groupId: string, body: types.UpdateGroup, options: CallOptions = {}): Promise<types.GroupWithMembers> {
    return this.#http.call<types.GroupWithMembers>({ method: 'PATCH', path: `/v1/groups/${segment(groupId)}`, body }, options);
  }

  /**
   * Add, remove, promote or demote members.
   *
   * Answers with what became of each person: one who cannot be added keeps nobody else out. The account must be an admin, save for adding where everybody may.
   *
   * Scope `groups:write`. Roles: owner, admin, agent.
   *
   * `POST /v1/groups/{groupId}/members`
   */
  changeMembers(groupId: string, body: types.ChangeGroupMembers, options: CallOptions = {}): Promise<types.ChangedGroupMembers> {
    return this.#http.call<types.ChangedGroupMembers>({ method: 'POST', path: `/v1/groups/${segment(groupId)}/members`, body }, options);
  }

  /**
   * Get the invite link of a group.
   *
   * Asks WhatsApp: the link is kept nowhere here. The account must be an admin.
   *
   * Scope `groups:write`. Roles: owner, admin, agent.
   *
   * `GET /v1/groups/{groupId}/invite`
   */
  getInvite(groupId: string, options: CallOptions = {}): Promise<types.GroupInvite> {
    return this.#http.call<types.GroupInvite>({ method: 'GET', path: `/v1/groups/${segment(groupId)}/invite` }, options);
  }

  /**
   * Revoke the invite link of a group.
   *
   * The old link stops working; the answer holds the new one.
   *
   * Scope `groups:write`. Roles: owner, admin, agent.
   *
   * `POST /v1/groups/{groupId}/invite/revoke`
   */
  revokeInvite(groupId: string, options: CallOptions = {}): Promise<types.GroupInvite> {
    return this.#http.call<types.GroupInvite>({ method: 'POST', path: `/v1/groups/${segment(groupId)}/invite/revoke` }, options);
  }

  /**
   * Who asks to join a group.
   *
   * Asks WhatsApp; the account must be an admin.
   *
   * Scope `groups:read`. Roles: owner, admin, agent.
   *
   * `GET /v1/groups/{groupId}/join-requests`
   */
  listJoinRequests(groupId: string, options: CallOptions = {}): Promise<types.GroupJoinRequests> {
    return this.#http.call<types.GroupJoinRequests>({ method: 'GET', path: `/v1/groups/${segment(groupId)}/join-requests` }, options);
  }

  /**
   * Let people into a group, or not.
   *
   * Scope `groups:write`. Roles: owner, admin, agent.
   *
   * `POST /v1/groups/{groupId}/join-requests`
   */
  decideJoinRequests(groupId: string, body: types.DecideJoinRequests, options: CallOptions = {}): Promise<types.DecidedJoinRequests> {
    return this.#http.call<types.DecidedJoinRequests>({ method: 'POST', path: `/v1/groups/${segment(groupId)}/join-requests`, body }, options);
  }

  /**
   * Leave a group.
   *
   * The account leaves on WhatsApp. The group and its chat stay here as history, with `leftAt`.
   *
   * Scope `groups:write`. Roles: owner, admin, agent.
   *
   * `POST /v1/groups/{groupId}/leave`
   */
  leave(groupId: string, options: CallOptions = {}): Promise<types.Group> {
    return this.#http.call<types.Group>({ method: 'POST', path: `/v1/groups/${segment(groupId)}/leave` }, options);
  }

  /**
   * Get the picture of a group.
   *
   * A JPEG, asked of WhatsApp. NOT_FOUND where the group has none.
   *
   * Scope `groups:read`. Roles: owner, admin, agent, viewer.
   *
   * `GET /v1/groups/{groupId}/picture`
   */
  getPicture(groupId: string, query: {
      /** As it was uploaded, or small. */
      size?: "full" | "preview" | undefined;
    } = {}, options: CallOptions = {}): Promise<Response> {
    return this.#http.raw({ method: 'GET', path: `/v1/groups/${segment(groupId)}/picture`, query, accept: 'image/jpeg' }, options);
  }

  /**
   * Set the picture of a group.
   *
   * As the picture of the account. CONFLICT where the account may not: only admins may in a group that is `locked`.
   *
   * Scope `groups:write`. Roles: owner, admin, agent.
   *
   * `PUT /v1/groups/{groupId}/picture`
   */
  setPicture(groupId: string, body: types.SetPicture, options: CallOptions = {}): Promise<types.Picture> {
    return this.#http.call<types.Picture>({ method: 'PUT', path: `/v1/groups/${segment(groupId)}/picture`, body }, options);
  }

  /**
   * Take the picture of a group away.
   *
   * Repeating it changes nothing.
   *
   * Scope `groups:write`. Roles: owner, admin, agent.
   *
   * `DELETE /v1/groups/{groupId}/picture`
   */
  removePicture(groupId: string, options: CallOptions = {}): Promise<types.Picture> {
    return this.#http.call<types.Picture>({ method: 'DELETE', path: `/v1/groups/${segment(groupId)}/picture` }, options);
  }
}
