// Made by `npm run generate` from the OpenAPI description. Changes made here are lost.

import { everyRow } from '../pages.ts';
import { segment, type CallOptions, type CreateOptions, type StreamEvent, type Transport } from '../transport.ts';
import type * as types from './types.ts';

export class Devices {
  readonly #http: Transport;

  constructor(http: Transport) {
    this.#http = http;
  }

  /**
   * List devices.
   *
   * Scope `devices:read`. Roles: owner, admin, agent, viewer.
   *
   * `GET /v1/devices`
   */
  list(query: {
      /** How many rows at the most. */
      limit?: number | undefined;
      /** `nextCursor` of the page before, with the same filters. */
      cursor?: string | undefined;
      /** `desc` is newest first. */
      order?: "asc" | "desc" | undefined;
      /** Only devices in this state. */
      state?: "unlinked" | "linking" | "connecting" | "connected" | "degraded" | "disconnected" | "logged_out" | "restricted" | undefined;
    } = {}, options: CallOptions = {}): Promise<types.DeviceList> {
    return this.#http.call<types.DeviceList>({ method: 'GET', path: '/v1/devices', query }, options);
  }

  /** List devices: every row, page by page, read as you go. */
  all(query: {
      /** How many rows at the most. */
      limit?: number | undefined;
      /** `desc` is newest first. */
      order?: "asc" | "desc" | undefined;
      /** Only devices in this state. */
      state?: "unlinked" | "linking" | "connecting" | "connected" | "degraded" | "disconnected" | "logged_out" | "restricted" | undefined;
    } = {}, options: CallOptions = {}): AsyncGenerator<types.DeviceList['data'][number]> {
    return everyRow((page) => this.list({ ...query, ...page }, options));
  }

  /**
   * Create a device.
   *
   * A place for one WhatsApp account. Link it next: `POST /v1/devices/{deviceId}/link`. The plan limits how many devices of network `whatsapp` there are; sandbox devices are free.
   *
   * Scope `devices:write`. Roles: owner, admin. Not for keys limited to devices.
   *
   * `POST /v1/devices`
   */
  create(body: types.CreateDevice, options: CreateOptions = {}): Promise<types.Device> {
    return this.#http.call<types.Device>({ method: 'POST', path: '/v1/devices', body, idempotent: true }, options);
  }

  /**
   * Get a device.
   *
   * Scope `devices:read`. Roles: owner, admin, agent, viewer.
   *
   * `GET /v1/devices/{deviceId}`
   */
  get(deviceId: string, options: CallOptions = {}): Promise<types.Device> {
    return this.#http.call<types.Device>({ method: 'GET', path: `/v1/devices/${segment(deviceId)}` }, options);
  }

  /**
   * Rename or pace a device, or have it reject calls.
   *
   * Changes what is given. Pacing on network `whatsapp` can be made stricter, and relaxed no further than its floor: `gapSeconds` 2, `chatGapSeconds` 1, `coldChatsPerDay` 250, `warmUpDays` 7, quiet hours from 22:00 to 07:00.
   *
   * Scope `devices:write`. Roles: owner, admin.
   *
   * `PATCH /v1/devices/{deviceId}`
   */
  update(deviceId: string, body: types.UpdateDevice, options: CallOptions = {}): Promise<types.Device> {
    return this.#http.call<types.Device>({ method: 'PATCH', path: `/v1/devices/${segment(deviceId)}`, body }, options);
  }

  /**
   * Delete a device.
   *
   * Works in every state. The phone is told to remove it, its credentials are wiped, its history goes with it.
   *
   * Scope `devices:write`. Roles: owner, admin.
   *
   * `DELETE /v1/devices/{deviceId}`
   */
  delete(deviceId: string, options: CallOptions = {}): Promise<void> {
    return this.#http.call<void>({ method: 'DELETE', path: `/v1/devices/${segment(deviceId)}` }, options);
  }

  /**
   * Get the QR text or pairing code of a link in progress.
   *
   * Scope `devices:write`. Roles: owner, admin.
   *
   * `GET /v1/devices/{deviceId}/link`
   */
  getLink(deviceId: string, options: CallOptions = {}): Promise<types.LinkSession> {
    return this.#http.call<types.LinkSession>({ method: 'GET', path: `/v1/devices/${segment(deviceId)}/link` }, options);
  }

  /**
   * Start linking.
   *
   * With `qr`, show `GET /v1/devices/{deviceId}/qr` to the phone (Settings → Linked devices). With `code`, the person types the code that `GET /v1/devices/{deviceId}/link` answers. Just after an unlink this answers 409 with `retryable` for as long as the phone is being told.
   *
   * Scope `devices:write`. Roles: owner, admin.
   *
   * `POST /v1/devices/{deviceId}/link`
   */
  link(deviceId: string, body: types.LinkDevice, options: CallOptions = {}): Promise<types.LinkSession> {
    return this.#http.call<types.LinkSession>({ method: 'POST', path: `/v1/devices/${segment(deviceId)}/link`, body }, options);
  }

  /**
   * Get the QR code to scan now.
   *
   * As JSON, PNG or SVG: by `?format=` or the Accept header. Ask again at `expiresAt`: it changes.
   *
   * Scope `devices:write`. Roles: owner, admin.
   *
   * `GET /v1/devices/{deviceId}/qr`
   */
  qr(deviceId: string, query: {
      /** Wins over the Accept header. */
      format?: "json" | "png" | "svg" | undefined;
    } = {}, options: CallOptions = {}): Promise<types.QrCode> {
    return this.#http.call<types.QrCode>({ method: 'GET', path: `/v1/devices/${segment(deviceId)}/qr`, query }, options);
  }

  /**
   * Get the QR code to scan now.
   *
   * As JSON, PNG or SVG: by `?format=` or the Accept header. Ask again at `expiresAt`: it changes.
   *
   * Scope `devices:write`. Roles: owner, admin.
   *
   * `GET /v1/devices/{deviceId}/qr`
   *
   * The reply as it comes, in another form than JSON.
   */
  qrAs(deviceId: string, accept: "image/png" | "image/svg+xml", query: {
      /** Wins over the Accept header. */
      format?: "json" | "png" | "svg" | undefined;
    } = {}, options: CallOptions = {}): Promise<Response> {
    return this.#http.raw({ method: 'GET', path: `/v1/devices/${segment(deviceId)}/qr`, query, accept }, options);
  }

  /**
   * Follow a link in progress.
   *
   * Server-sent events named `link`, each with the whole progress as JSON: the first at once, then one for each change. The stream ends with step `linked` or `ended`, after four minutes at the latest, and within about a second of the key being revoked or changed to other devices, the session ending or the workspace being suspended. Whoever reads it can link the account: keep it private.
   *
   * Scope `devices:write`. Roles: owner, admin.
   *
   * `GET /v1/devices/{deviceId}/link/events`
   */
  linkEvents(deviceId: string, options: CallOptions = {}): AsyncGenerator<StreamEvent<types.LinkProgress>> {
    return this.#http.stream<types.LinkProgress>({ method: 'GET', path: `/v1/devices/${segment(deviceId)}/link/events` }, options);
  }

  /**
   * Get the hosted link page of a device.
   *
   * The newest one, without its address.
   *
   * Scope `devices:write`. Roles: owner, admin.
   *
   * `GET /v1/devices/{deviceId}/link-page`
   */
  getLinkPage(deviceId: string, options: CallOptions = {}): Promise<types.LinkPage> {
    return this.#http.call<types.LinkPage>({ method: 'GET', path: `/v1/devices/${segment(deviceId)}/link-page` }, options);
  }

  /**
   * Make a hosted link page.
   *
   * Answers the address of a page where a customer without an account scans the QR code or asks for a pairing code, on a computer or a phone. It works for one link, in the first browser that opens it, until it expires or is revoked; a new page of a device revokes the one before. Of a device that is linked already it says so. The address is shown once: only a hash of its secret is kept, and a repeated Idempotency-Key answers `url: null`.
   *
   * Scope `devices:write`. Roles: owner, admin.
   *
   * `POST /v1/devices/{deviceId}/link-page`
   */
  createLinkPage(deviceId: string, body: types.CreateLinkPage, options: CreateOptions = {}): Promise<types.NewLinkPage> {
    return this.#http.call<types.NewLinkPage>({ method: 'POST', path: `/v1/devices/${segment(deviceId)}/link-page`, body, idempotent: true }, options);
  }

  /**
   * Revoke the hosted link page of a device.
   *
   * It stops working at once, in a browser that has it open too. A link it has begun goes on: unlink ends it. Without a page that works nothing changes.
   *
   * Scope `devices:write`. Roles: owner, admin.
   *
   * `DELETE /v1/devices/{deviceId}/link-page`
   */
  revokeLinkPage(deviceId: string, options: CallOptions = {}): Promise<void> {
    return this.#http.call<void>({ method: 'DELETE', path: `/v1/devices/${segment(deviceId)}/link-page` }, options);
  }

  /**
   * Unlink a device.
   *
   * Removes it from the phone’s linked devices and wipes its credentials. Id, label and history stay; link it again at any time.
   *
   * Scope `devices:write`. Roles: owner, admin.
   *
   * `POST /v1/devices/{deviceId}/unlink`
   */
  unlink(deviceId: string, options: CallOptions = {}): Promise<types.Device> {
    return this.#http.call<types.Device>({ method: 'POST', path: `/v1/devices/${segment(deviceId)}/unlink` }, options);
  }

  /**
   * Restart a device’s connection.
   *
   * Closes the socket and connects again with the same credentials. Nothing is unlinked.
   *
   * Scope `devices:write`. Roles: owner, admin, agent.
   *
   * `POST /v1/devices/{deviceId}/restart`
   */
  restart(deviceId: string, options: CallOptions = {}): Promise<types.Device> {
    return this.#http.call<types.Device>({ method: 'POST', path: `/v1/devices/${segment(deviceId)}/restart` }, options);
  }

  /**
   * Is this device well?.
   *
   * Measured signs of life, not the last known state: a score of 0 to 100 with its reasons, and the gaps in which nothing could come.
   *
   * Scope `devices:read`. Roles: owner, admin, agent, viewer.
   *
   * `GET /v1/devices/{deviceId}/health`
   */
  health(deviceId: string, options: CallOptions = {}): Promise<types.DeviceHealth> {
    return this.#http.call<types.DeviceHealth>({ method: 'GET', path: `/v1/devices/${segment(deviceId)}/health` }, options);
  }

  /**
   * Show the account online, or not.
   *
   * Devices connect as `unavailable`, so that the phone goes on ringing. It holds until the connection ends and is not kept: each new connection is `unavailable` again.
   *
   * Scope `devices:write`. Roles: owner, admin, agent.
   *
   * `PUT /v1/devices/{deviceId}/presence`
   */
  setPresence(deviceId: string, body: types.SetPresence, options: CallOptions = {}): Promise<types.Presence> {
    return this.#http.call<types.Presence>({ method: 'PUT', path: `/v1/devices/${segment(deviceId)}/presence`, body }, options);
  }

  /**
   * Are these numbers on WhatsApp?.
   *
   * Asks WhatsApp over this device and keeps the answers for 24 hours for the whole workspace; what is kept is answered without asking, also while the device is away. A number’s canonical form is learnt: a contact under the other form gets it, and messages to either go to the same chat. A device may ask about 300 numbers at once and 100 a minute after that; more is RATE_LIMITED, because accounts that probe numbers get banned. No message needs a check before it.
   *
   * Scope `contacts:write`. Roles: owner, admin, agent.
   *
   * `POST /v1/devices/{deviceId}/number-checks`
   */
  checkNumbers(deviceId: string, body: types.CheckNumbers, options: CallOptions = {}): Promise<types.NumberChecks> {
    return this.#http.call<types.NumberChecks>({ method: 'POST', path: `/v1/devices/${segment(deviceId)}/number-checks`, body }, options);
  }

  /**
   * Get the profile of the account.
   *
   * Asks WhatsApp: the profile is kept nowhere here. The picture itself is at `/picture`.
   *
   * Scope `devices:read`. Roles: owner, admin, agent, viewer.
   *
   * `GET /v1/devices/{deviceId}/profile`
   */
  getProfile(deviceId: string, options: CallOptions = {}): Promise<types.DeviceProfile> {
    return this.#http.call<types.DeviceProfile>({ method: 'GET', path: `/v1/devices/${segment(deviceId)}/profile` }, options);
  }

  /**
   * Change the profile of the account.
   *
   * Name and about line, as others see them on WhatsApp. What you leave out stays. Others see a new name with the account’s next message. The picture is set at `/picture`.
   *
   * Scope `devices:write`. Roles: owner, admin.
   *
   * `PATCH /v1/devices/{deviceId}/profile`
   */
  updateProfile(deviceId: string, body: types.UpdateDeviceProfile, options: CallOptions = {}): Promise<types.DeviceProfile> {
    return this.#http.call<types.DeviceProfile>({ method: 'PATCH', path: `/v1/devices/${segment(deviceId)}/profile`, body }, options);
  }

  /**
   * Who is blocked on a device.
   *
   * Asks WhatsApp: the list is kept nowhere here.
   *
   * Scope `contacts:read`. Roles: owner, admin, agent, viewer.
   *
   * `GET /v1/devices/{deviceId}/blocked`
   */
  listBlocked(deviceId: string, options: CallOptions = {}): Promise<types.BlockedList> {
    return this.#http.call<types.BlockedList>({ method: 'GET', path: `/v1/devices/${segment(deviceId)}/blocked` }, options);
  }

  /**
   * Block a contact on a device.
   *
   * The account gets no messages and calls of this person any more. Repeating it changes nothing on WhatsApp.
   *
   * Scope `contacts:write`. Roles: owner, admin, agent.
   *
   * `POST /v1/devices/{deviceId}/blocked`
   */
  block(deviceId: string, body: types.BlockContact, options: CallOptions = {}): Promise<types.Block> {
    return this.#http.call<types.Block>({ method: 'POST', path: `/v1/devices/${segment(deviceId)}/blocked`, body }, options);
  }

  /**
   * Unblock a contact on a device.
   *
   * Scope `contacts:write`. Roles: owner, admin, agent.
   *
   * `DELETE /v1/devices/{deviceId}/blocked/{contactId}`
   */
  unblock(deviceId: string, contactId: string, options: CallOptions = {}): Promise<types.Block> {
    return this.#http.call<types.Block>({ method: 'DELETE', path: `/v1/devices/${segment(deviceId)}/blocked/${segment(contactId)}` }, options);
  }

  /**
   * Get the picture of the account.
   *
   * A JPEG, asked of WhatsApp. NOT_FOUND where the account has none. The ETag is another one with every change.
   *
   * Scope `devices:read`. Roles: owner, admin, agent, viewer.
   *
   * `GET /v1/devices/{deviceId}/profile/picture`
   */
  getPicture(deviceId: string, query: {
      /** As it was uploaded, or small. */
      size?: "full" | "preview" | undefined;
    } = {}, options: CallOptions = {}): Promise<Response> {
    return this.#http.raw({ method: 'GET', path: `/v1/devices/${segment(deviceId)}/profile/picture`, query, accept: 'image/jpeg' }, options);
  }

  /**
   * Set the picture of the account.
   *
   * Any JPEG, PNG or WebP: its middle is taken, square, at most 640 pixels a side, without what a camera wrote beside the pixels. A file WAPing has, one that is fetched now, or one in the body; it is not kept. SERVICE_UNAVAILABLE without WhatsApp’s answer: the picture may have changed.
   *
   * Scope `devices:write`. Roles: owner, admin.
   *
   * `PUT /v1/devices/{deviceId}/profile/picture`
   */
  setPicture(deviceId: string, body: types.SetPicture, options: CallOptions = {}): Promise<types.Picture> {
    return this.#http.call<types.Picture>({ method: 'PUT', path: `/v1/devices/${segment(deviceId)}/profile/picture`, body }, options);
  }

  /**
   * Take the picture of the account away.
   *
   * Repeating it changes nothing.
   *
   * Scope `devices:write`. Roles: owner, admin.
   *
   * `DELETE /v1/devices/{deviceId}/profile/picture`
   */
  removePicture(deviceId: string, options: CallOptions = {}): Promise<types.Picture> {
    return this.#http.call<types.Picture>({ method: 'DELETE', path: `/v1/devices/${segment(deviceId)}/profile/picture` }, options);
  }

  /**
   * Get the picture of a contact or a number.
   *
   * A JPEG, asked of WhatsApp over this device. NOT_FOUND where there is none, or the person lets this account not see it. A device asks for about 300 at once, then 100 a minute; beyond that it is RATE_LIMITED.
   *
   * Scope `contacts:read`. Roles: owner, admin, agent, viewer.
   *
   * `GET /v1/devices/{deviceId}/pictures/{person}`
   */
  getPictureOf(deviceId: string, person: string, query: {
      /** As it was uploaded, or small. */
      size?: "full" | "preview" | undefined;
    } = {}, options: CallOptions = {}): Promise<Response> {
    return this.#http.raw({ method: 'GET', path: `/v1/devices/${segment(deviceId)}/pictures/${segment(person)}`, query, accept: 'image/jpeg' }, options);
  }

  /**
   * Whose presence a device follows.
   *
   * With the latest that is known of each.
   *
   * Scope `contacts:read`. Roles: owner, admin, agent, viewer.
   *
   * `GET /v1/devices/{deviceId}/presence-subscriptions`
   */
  listPresences(deviceId: string, options: CallOptions = {}): Promise<types.PresenceSubscriptions> {
    return this.#http.call<types.PresenceSubscriptions>({ method: 'GET', path: `/v1/devices/${segment(deviceId)}/presence-subscriptions` }, options);
  }

  /**
   * Follow the presence of a contact.
   *
   * Until it expires, events `presence.changed` tell when the person comes online, goes, types to this account or records. At most 100 people for each device, and one event in two seconds for each; the event log forgets these events after a day. Doing it again makes it last longer. WhatsApp tells of others only while the account shows itself online (`PUT …/presence`), and of `lastSeen` as the person allows. It lasts through lost connections, and ends when the device is restarted or moves to another node.
   *
   * Scope `contacts:read`. Roles: owner, admin, agent.
   *
   * `POST /v1/devices/{deviceId}/presence-subscriptions`
   */
  subscribePresence(deviceId: string, body: types.SubscribePresence, options: CallOptions = {}): Promise<types.PresenceSubscription> {
    return this.#http.call<types.PresenceSubscription>({ method: 'POST', path: `/v1/devices/${segment(deviceId)}/presence-subscriptions`, body }, options);
  }

  /**
   * Follow the presence of a contact no more.
   *
   * Repeating it changes nothing.
   *
   * Scope `contacts:read`. Roles: owner, admin, agent.
   *
   * `DELETE /v1/devices/{deviceId}/presence-subscriptions/{contactId}`
   */
  unsubscribePresence(deviceId: string, contactId: string, options: CallOptions = {}): Promise<void> {
    return this.#http.call<void>({ method: 'DELETE', path: `/v1/devices/${segment(deviceId)}/presence-subscriptions/${segment(contactId)}` }, options);
  }
}
