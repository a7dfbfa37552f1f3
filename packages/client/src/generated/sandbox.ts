// Made by `npm run generate` from the OpenAPI description. Changes made here are lost.

import { everyRow } from '../pages.ts';
import { segment, type CallOptions, type CreateOptions, type Transport } from '../transport.ts';
import type * as types from './types.ts';

export class Sandbox {
  readonly #http: Transport;

  constructor(http: Transport) {
    this.#http = http;
  }

  /**
   * List simulated phones.
   *
   * Scope `sandbox:read`. Roles: owner, admin, agent, viewer. Not for keys limited to devices.
   *
   * `GET /v1/sandbox/phones`
   */
  listPhones(query: {
      /** How many rows at the most. */
      limit?: number | undefined;
      /** `nextCursor` of the page before, with the same filters. */
      cursor?: string | undefined;
      /** `desc` is newest first. */
      order?: "asc" | "desc" | undefined;
    } = {}, options: CallOptions = {}): Promise<types.SandboxPhoneList> {
    return this.#http.call<types.SandboxPhoneList>({ method: 'GET', path: '/v1/sandbox/phones', query }, options);
  }

  /** List simulated phones: every row, page by page, read as you go. */
  listPhonesAll(query: {
      /** How many rows at the most. */
      limit?: number | undefined;
      /** `desc` is newest first. */
      order?: "asc" | "desc" | undefined;
    } = {}, options: CallOptions = {}): AsyncGenerator<types.SandboxPhoneList['data'][number]> {
    return everyRow((page) => this.listPhones({ ...query, ...page }, options));
  }

  /**
   * Create a simulated phone.
   *
   * A WhatsApp account on the simulated network. Link devices to it, or let it play your customer. Creating it again changes its behaviour.
   *
   * Scope `sandbox:write`. Roles: owner, admin, agent. Not for keys limited to devices.
   *
   * `POST /v1/sandbox/phones`
   */
  createPhone(body: types.CreateSandboxPhone, options: CreateOptions = {}): Promise<types.SandboxPhone> {
    return this.#http.call<types.SandboxPhone>({ method: 'POST', path: '/v1/sandbox/phones', body, idempotent: true }, options);
  }

  /**
   * Get a simulated phone.
   *
   * Scope `sandbox:read`. Roles: owner, admin, agent, viewer. Not for keys limited to devices.
   *
   * `GET /v1/sandbox/phones/{phone}`
   */
  getPhone(phone: string, options: CallOptions = {}): Promise<types.SandboxPhone> {
    return this.#http.call<types.SandboxPhone>({ method: 'GET', path: `/v1/sandbox/phones/${segment(phone)}` }, options);
  }

  /**
   * Let a simulated phone scan a QR code.
   *
   * Scope `sandbox:write`. Roles: owner, admin, agent. Not for keys limited to devices.
   *
   * `POST /v1/sandbox/phones/{phone}/scan`
   */
  scan(phone: string, body: types.ScanQr, options: CallOptions = {}): Promise<types.SandboxLink> {
    return this.#http.call<types.SandboxLink>({ method: 'POST', path: `/v1/sandbox/phones/${segment(phone)}/scan`, body }, options);
  }

  /**
   * Let a simulated phone type a pairing code.
   *
   * Scope `sandbox:write`. Roles: owner, admin, agent. Not for keys limited to devices.
   *
   * `POST /v1/sandbox/phones/{phone}/type-code`
   */
  typeCode(phone: string, body: types.TypeCode, options: CallOptions = {}): Promise<types.SandboxLink> {
    return this.#http.call<types.SandboxLink>({ method: 'POST', path: `/v1/sandbox/phones/${segment(phone)}/type-code`, body }, options);
  }

  /**
   * See what a simulated phone shows.
   *
   * Scope `sandbox:read`. Roles: owner, admin, agent, viewer. Not for keys limited to devices.
   *
   * `GET /v1/sandbox/phones/{phone}/messages`
   */
  listMessages(phone: string, query: {
      /** The newest so many, oldest first. */
      limit?: number | undefined;
    } = {}, options: CallOptions = {}): Promise<types.SandboxPhoneMessages> {
    return this.#http.call<types.SandboxPhoneMessages>({ method: 'GET', path: `/v1/sandbox/phones/${segment(phone)}/messages`, query }, options);
  }

  /**
   * Let a simulated phone write to someone.
   *
   * Text, a file, a place, visiting cards or a poll; or a reaction, an edit, a revoke or a vote on a message it shows, named by WhatsApp’s id.
   *
   * Scope `sandbox:write`. Roles: owner, admin, agent. Not for keys limited to devices.
   *
   * `POST /v1/sandbox/phones/{phone}/messages`
   */
  sendFromPhone(phone: string, body: types.SendFromPhone, options: CreateOptions = {}): Promise<types.SandboxPhoneMessageId> {
    return this.#http.call<types.SandboxPhoneMessageId>({ method: 'POST', path: `/v1/sandbox/phones/${segment(phone)}/messages`, body, idempotent: true }, options);
  }

  /**
   * Let a simulated phone read a message.
   *
   * Scope `sandbox:write`. Roles: owner, admin, agent. Not for keys limited to devices.
   *
   * `POST /v1/sandbox/phones/{phone}/read`
   */
  read(phone: string, body: types.ReadOnPhone, options: CallOptions = {}): Promise<types.SandboxPhoneMessageId> {
    return this.#http.call<types.SandboxPhoneMessageId>({ method: 'POST', path: `/v1/sandbox/phones/${segment(phone)}/read`, body }, options);
  }

  /**
   * Take a simulated phone off or on the network.
   *
   * Scope `sandbox:write`. Roles: owner, admin, agent. Not for keys limited to devices.
   *
   * `POST /v1/sandbox/phones/{phone}/online`
   */
  setOnline(phone: string, body: types.SetPhoneOnline, options: CallOptions = {}): Promise<types.SandboxPhoneOnline> {
    return this.#http.call<types.SandboxPhoneOnline>({ method: 'POST', path: `/v1/sandbox/phones/${segment(phone)}/online`, body }, options);
  }

  /**
   * Let simulated phones make a group.
   *
   * All of them are phones of yours; the first owns it. A device that is linked to one of them gets the group as it gets one that a customer made.
   *
   * Scope `sandbox:write`. Roles: owner, admin, agent. Not for keys limited to devices.
   *
   * `POST /v1/sandbox/groups`
   */
  createGroup(body: types.CreateSandboxGroup, options: CreateOptions = {}): Promise<types.SandboxGroup> {
    return this.#http.call<types.SandboxGroup>({ method: 'POST', path: '/v1/sandbox/groups', body, idempotent: true }, options);
  }

  /**
   * See a group as its phones see it.
   *
   * A group that one of your phones is in or asks to join.
   *
   * Scope `sandbox:read`. Roles: owner, admin, agent, viewer. Not for keys limited to devices.
   *
   * `GET /v1/sandbox/groups/{whatsappId}`
   */
  getGroup(whatsappId: string, options: CallOptions = {}): Promise<types.SandboxGroup> {
    return this.#http.call<types.SandboxGroup>({ method: 'GET', path: `/v1/sandbox/groups/${segment(whatsappId)}` }, options);
  }

  /**
   * Let a simulated phone rename a group.
   *
   * Scope `sandbox:write`. Roles: owner, admin, agent. Not for keys limited to devices.
   *
   * `PATCH /v1/sandbox/groups/{whatsappId}`
   */
  renameGroup(whatsappId: string, body: types.RenameSandboxGroup, options: CallOptions = {}): Promise<types.SandboxGroup> {
    return this.#http.call<types.SandboxGroup>({ method: 'PATCH', path: `/v1/sandbox/groups/${segment(whatsappId)}`, body }, options);
  }

  /**
   * List the groups of a simulated phone.
   *
   * Scope `sandbox:read`. Roles: owner, admin, agent, viewer. Not for keys limited to devices.
   *
   * `GET /v1/sandbox/phones/{phone}/groups`
   */
  listGroups(phone: string, options: CallOptions = {}): Promise<types.SandboxGroups> {
    return this.#http.call<types.SandboxGroups>({ method: 'GET', path: `/v1/sandbox/phones/${segment(phone)}/groups` }, options);
  }

  /**
   * Let a simulated phone change who is in a group.
   *
   * Adds, removes, promotes or demotes, with a result for each number. The phone that does it has to be an admin.
   *
   * Scope `sandbox:write`. Roles: owner, admin, agent. Not for keys limited to devices.
   *
   * `POST /v1/sandbox/groups/{whatsappId}/members`
   */
  changeGroupMembers(whatsappId: string, body: types.ChangeSandboxMembers, options: CallOptions = {}): Promise<types.SandboxGroupResults> {
    return this.#http.call<types.SandboxGroupResults>({ method: 'POST', path: `/v1/sandbox/groups/${segment(whatsappId)}/members`, body }, options);
  }

  /**
   * Let a simulated phone leave a group.
   *
   * Scope `sandbox:write`. Roles: owner, admin, agent. Not for keys limited to devices.
   *
   * `POST /v1/sandbox/groups/{whatsappId}/leave`
   */
  leaveGroup(whatsappId: string, body: types.LeaveSandboxGroup, options: CallOptions = {}): Promise<types.SandboxGroupLeft> {
    return this.#http.call<types.SandboxGroupLeft>({ method: 'POST', path: `/v1/sandbox/groups/${segment(whatsappId)}/leave`, body }, options);
  }

  /**
   * Let a simulated phone follow an invite link.
   *
   * It is in the group at once, or asks to be let in where the group’s admins decide.
   *
   * Scope `sandbox:write`. Roles: owner, admin, agent. Not for keys limited to devices.
   *
   * `POST /v1/sandbox/phones/{phone}/join-group`
   */
  joinGroup(phone: string, body: types.JoinSandboxGroup, options: CallOptions = {}): Promise<types.SandboxGroupJoined> {
    return this.#http.call<types.SandboxGroupJoined>({ method: 'POST', path: `/v1/sandbox/phones/${segment(phone)}/join-group`, body }, options);
  }

  /**
   * Say whether others may add a simulated phone to groups.
   *
   * Like the privacy setting on a real phone: `on` means that an add is answered with `invite_needed`.
   *
   * Scope `sandbox:write`. Roles: owner, admin, agent. Not for keys limited to devices.
   *
   * `POST /v1/sandbox/phones/{phone}/only-by-invite`
   */
  setOnlyByInvite(phone: string, body: types.SetOnlyByInvite, options: CallOptions = {}): Promise<types.SandboxOnlyByInvite> {
    return this.#http.call<types.SandboxOnlyByInvite>({ method: 'POST', path: `/v1/sandbox/phones/${segment(phone)}/only-by-invite`, body }, options);
  }

  /**
   * Let a simulated phone type or record.
   *
   * A device that follows the phone’s presence tells of it.
   *
   * Scope `sandbox:write`. Roles: owner, admin, agent. Not for keys limited to devices.
   *
   * `POST /v1/sandbox/phones/{phone}/typing`
   */
  typing(phone: string, body: types.TypeOnPhone, options: CallOptions = {}): Promise<types.SandboxTyping> {
    return this.#http.call<types.SandboxTyping>({ method: 'POST', path: `/v1/sandbox/phones/${segment(phone)}/typing`, body }, options);
  }

  /**
   * Let a simulated phone change a picture.
   *
   * Its own, or that of a group it is in. Devices that know the phone, or are in the group, tell of it: `contact.picture_changed`, `device.profile_updated` or `group.updated`.
   *
   * Scope `sandbox:write`. Roles: owner, admin, agent. Not for keys limited to devices.
   *
   * `PUT /v1/sandbox/phones/{phone}/picture`
   */
  setPicture(phone: string, body: types.SetSandboxPicture, options: CallOptions = {}): Promise<types.SandboxPicture> {
    return this.#http.call<types.SandboxPicture>({ method: 'PUT', path: `/v1/sandbox/phones/${segment(phone)}/picture`, body }, options);
  }

  /**
   * See how the network treats a simulated phone’s devices.
   *
   * Scope `sandbox:read`. Roles: owner, admin, agent, viewer. Not for keys limited to devices.
   *
   * `GET /v1/sandbox/phones/{phone}/faults`
   */
  getFaults(phone: string, options: CallOptions = {}): Promise<types.SandboxFaults> {
    return this.#http.call<types.SandboxFaults>({ method: 'GET', path: `/v1/sandbox/phones/${segment(phone)}/faults` }, options);
  }

  /**
   * Have the network misbehave towards a simulated phone’s devices.
   *
   * To see how your program takes it: what is left out is off, so `{}` ends all of it. Faults end with the sandbox’s process too.
   *
   * Scope `sandbox:write`. Roles: owner, admin, agent. Not for keys limited to devices.
   *
   * `PUT /v1/sandbox/phones/{phone}/faults`
   */
  setFaults(phone: string, body: types.SetSandboxFaults, options: CallOptions = {}): Promise<types.SandboxFaults> {
    return this.#http.call<types.SandboxFaults>({ method: 'PUT', path: `/v1/sandbox/phones/${segment(phone)}/faults`, body }, options);
  }

  /**
   * Disrupt the connections of a simulated phone’s devices now.
   *
   * Scope `sandbox:write`. Roles: owner, admin, agent. Not for keys limited to devices.
   *
   * `POST /v1/sandbox/phones/{phone}/disrupt`
   */
  disrupt(phone: string, body: types.DisruptSandboxPhone, options: CallOptions = {}): Promise<types.SandboxDisruption> {
    return this.#http.call<types.SandboxDisruption>({ method: 'POST', path: `/v1/sandbox/phones/${segment(phone)}/disrupt`, body }, options);
  }

  /**
   * See the calls of a simulated phone.
   *
   * Scope `sandbox:read`. Roles: owner, admin, agent, viewer. Not for keys limited to devices.
   *
   * `GET /v1/sandbox/phones/{phone}/calls`
   */
  listCalls(phone: string, options: CallOptions = {}): Promise<types.SandboxCalls> {
    return this.#http.call<types.SandboxCalls>({ method: 'GET', path: `/v1/sandbox/phones/${segment(phone)}/calls` }, options);
  }

  /**
   * Let a simulated phone call someone.
   *
   * Scope `sandbox:write`. Roles: owner, admin, agent. Not for keys limited to devices.
   *
   * `POST /v1/sandbox/phones/{phone}/calls`
   */
  call(phone: string, body: types.CallFromPhone, options: CreateOptions = {}): Promise<types.SandboxCall> {
    return this.#http.call<types.SandboxCall>({ method: 'POST', path: `/v1/sandbox/phones/${segment(phone)}/calls`, body, idempotent: true }, options);
  }

  /**
   * End a call between simulated phones.
   *
   * Scope `sandbox:write`. Roles: owner, admin, agent. Not for keys limited to devices.
   *
   * `POST /v1/sandbox/phones/{phone}/calls/{callId}/end`
   */
  endCall(phone: string, callId: string, body: types.EndPhoneCall, options: CallOptions = {}): Promise<types.PhoneCallEnded> {
    return this.#http.call<types.PhoneCallEnded>({ method: 'POST', path: `/v1/sandbox/phones/${segment(phone)}/calls/${segment(callId)}/end`, body }, options);
  }
}
