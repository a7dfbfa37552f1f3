/**
 * What WAPing needs of WhatsApp, in its own words. The gateway's side of the port is `EngineStore`; an adapter's is
 * `Engine`. No type of an engine library crosses this file.
 */

import type { AskName, Asks, GroupSnapshot } from './asks.ts';

/** The network a device belongs to. The two never share a worker: trust roots are per process. */
export type Network = 'whatsapp' | 'sandbox';

/** A person or a group as WhatsApp addresses it. `phone` is E.164; `lid` is the bare number of a LID. One is present. */
export type Address =
  | { kind: 'person'; phone?: string; lid?: string }
  /** `id` is the part before `@g.us`. */
  | { kind: 'group'; id: string }
  /** Status updates (stories). */
  | { kind: 'status' };

/** A place on the map, in degrees. */
export interface Location {
  latitude: number;
  longitude: number;
  name?: string | undefined;
  address?: string | undefined;
  url?: string | undefined;
}

/** A visiting card. `vcard` is the card as it came, where that says more than the fields. */
export interface ContactCard {
  name: string;
  phones: string[];
  organization?: string | undefined;
  email?: string | undefined;
  vcard?: string | undefined;
}

/** A question with 2 to 12 options. `selectableCount` 0 lets a voter choose as many as there are. */
export interface Poll {
  question: string;
  options: string[];
  selectableCount: number;
}

/** A message body, the same shape in both directions. Step by step every type of the contract joins this union. */
export type MessageContent =
  | { type: 'text'; text: { body: string } }
  | { type: 'location'; location: Location }
  | { type: 'contacts'; contacts: ContactCard[] }
  | { type: 'poll'; poll: Poll }
  /** `emoji` on the message of that id of ours; empty takes it back. */
  | { type: 'reaction'; reaction: { messageId: string; emoji: string } }
  /** A kind this version does not model: `kind` is its protobuf field name, so nothing inbound is dropped. */
  | { type: 'unsupported'; unsupported: { kind: string } };

/** What changes a message sent before. On the wire it is a message of its own; `messageId` is ours. */
export type MessageAction =
  | { type: 'edit'; edit: { messageId: string; text: { body: string } } }
  | { type: 'revoke'; revoke: { messageId: string } };

/** A message as WhatsApp names it. */
export interface MessageRef {
  waId: string;
  /** Whether this account wrote it. */
  fromMe: boolean;
  /** Who wrote it, where another did. */
  author?: Address;
}

/** What a message says beside its content. */
export interface MessageContext {
  /** The message it answers; inbound only its `waId`. */
  quoted?: { waId: string; ref?: MessageRef; content?: MessageContent };
  /** People it calls by name; everyone only in groups. */
  mentions?: Address[] | 'everyone';
  forwarded?: boolean;
}

/** All that is encrypted of a message: enough to encrypt it again. */
export interface OutboundBody {
  content: MessageContent | MessageAction;
  context?: MessageContext;
  /** The message a reaction, edit or revoke is about. */
  target?: MessageRef;
}

export interface Outbound extends OutboundBody {
  /** Our id, echoed in failures. */
  messageId: string;
  /** The WhatsApp message id chosen at acceptance. Every resend uses the same one. */
  waId: string;
  to: Address;
}

export interface Inbound {
  waId: string;
  chat: Address;
  sender: Address;
  /** True for a copy of what the account's own phone or another linked device sent. */
  fromMe: boolean;
  /** The name the sender shows to others. */
  pushName?: string;
  /** When WhatsApp took it, Unix milliseconds (second precision). */
  sentAt: number;
  content: MessageContent;
  context?: MessageContext;
  /** The key of what answers it in secret (votes on a poll), sealed by `messageSecretContext`. */
  sealedSecret?: Uint8Array;
  /** True when it was queued while the device was away. */
  offline: boolean;
}

/** A poll vote as it comes: encrypted under the poll's secret and the names of who asked and who votes. */
export interface SealedVote {
  payload: Uint8Array;
  iv: Uint8Array;
  /** JIDs under which the two may have been named. */
  creators: string[];
  voters: string[];
}

/** Another's change of a message: an edit, a revoke, a reaction, a vote. */
export interface InboundChange {
  /** Id of the message that told it. */
  waId: string;
  chat: Address;
  sender: Address;
  fromMe: boolean;
  /** Unix milliseconds. */
  at: number;
  /** WhatsApp's id of the message it is about. */
  targetWaId: string;
  change:
    | { type: 'edit'; content: MessageContent }
    /** `byAdmin`: of another's message, in a group; the server vouches for the right. */
    | { type: 'revoke'; byAdmin: boolean }
    | { type: 'reaction'; emoji: string }
    | { type: 'vote'; vote: SealedVote };
}

/** WhatsApp's word on a message this device sent. */
export interface DeliveryReport {
  waId: string;
  status: 'sent' | 'delivered' | 'read' | 'played' | 'failed';
  /** Unix milliseconds. */
  at: number;
  /** Who received or read it, where the receipt says so. */
  participant?: Address;
  /** With `failed`: WhatsApp's numeric code as text (463, 479, 500 …). */
  providerCode?: string;
}

/** The WhatsApp account behind a linked device. */
export interface LinkedAccount {
  /** E.164. */
  phone: string;
  lid?: string;
  name?: string;
  /** WhatsApp's number for this companion (1 and up). */
  companion: number;
}

/** Why a connection ended, classified from WhatsApp's codes in one table. */
export type DisconnectCause =
  | 'network' // TCP loss, DNS, timeout: try again
  | 'restart_required' // 515 after pairing: reconnect at once
  | 'server_unavailable' // 500, 503: try again with back-off
  | 'replaced' // 440: another client logged in with these credentials
  | 'logged_out' // 401: the phone removed this device
  | 'banned' // 403
  | 'outdated_version' // 405
  | 'bad_session' // a malformed stream; new socket, same credentials
  | 'link_timeout' // nobody scanned in time
  | 'worker_crashed'
  | 'stopped'; // we closed it

/** One fact about a session, in the order it happened. The device's state machine reads these. */
export type SessionFact =
  | { fact: 'connecting' }
  | { fact: 'qr'; text: string; expiresAt: number }
  | { fact: 'code'; code: string; expiresAt: number }
  | { fact: 'passkey_required' }
  | { fact: 'paired'; account: LinkedAccount }
  | { fact: 'open'; account: LinkedAccount }
  /** `retryAt` (Unix ms) is given when the session will connect again by itself. */
  | { fact: 'closed'; cause: DisconnectCause; code?: number; retryAt?: number };

/** What a session asks the gateway to make durable. Records of one device are applied in the order given. */
export type EngineRecord =
  /** Sealed credentials. Null wipes them and every key: only after an explicit logout. */
  | { kind: 'credentials'; sealed: Uint8Array | null }
  /** Signal keys, sealed. A null value deletes. */
  | { kind: 'keys'; entries: { type: string; id: string; sealed: Uint8Array | null }[] }
  | { kind: 'inbound'; message: Inbound }
  | { kind: 'change'; change: InboundChange }
  | { kind: 'report'; report: DeliveryReport }
  /** A message that could not be decrypted (yet); the sender was asked to send it again under the same id. */
  | { kind: 'undecryptable'; waId: string; chat: Address; sender: Address; at: number; reason: string }
  /** A group the account is in, as it now is. */
  | { kind: 'group'; group: GroupSnapshot }
  /** The account is in it no more. */
  | { kind: 'group_left'; id: string }
  /** The account is in these groups and no others. */
  | { kind: 'groups_known'; ids: string[] }
  | { kind: 'session'; fact: SessionFact; at: number };

/** Records of one device. `token` is the fencing token of the lease under which the session runs. */
export interface DeviceBatch {
  workspaceId: string;
  deviceId: string;
  token: number;
  records: EngineRecord[];
}

/** The gateway's side: durable storage behind the engine. */
export interface EngineStore {
  loadCredentials(workspaceId: string, deviceId: string): Promise<Uint8Array | null>;
  /** Missing ids are absent from the result. */
  loadKeys(
    workspaceId: string,
    deviceId: string,
    type: string,
    ids: readonly string[],
  ): Promise<Map<string, Uint8Array>>;
  /**
   * Makes the batches durable in ONE transaction, then resolves. Called with one call in flight at a time; while it
   * runs the engine gathers the next. A batch whose token is stale is not written and its device is named in `fenced`.
   */
  commit(batches: readonly DeviceBatch[]): Promise<{ fenced: string[] }>;
  /** The body of a message this device sent, for retry receipts. Null when unknown. */
  findSent(workspaceId: string, deviceId: string, waId: string): Promise<OutboundBody | null>;
  /** Whether an inbound message is already stored: a redelivery after a crash is then acknowledged, not asked for again. */
  hasInbound(workspaceId: string, deviceId: string, waId: string): Promise<boolean>;
}

export interface SessionSpec {
  workspaceId: string;
  deviceId: string;
  network: Network;
  /** The fencing token of this node's lease on the device. */
  token: number;
  /** 32 bytes: the workspace's data key, with which the session seals credentials and Signal keys. */
  dataKey: Uint8Array;
}

export type LinkMethod =
  | { method: 'qr' }
  /** E.164 of the phone that will type the code. */
  | { method: 'code'; phone: string };

/** Measured signs of life. Times are Unix milliseconds; absent means never. */
export interface SessionHealth {
  connectedAt?: number;
  lastFrameAt?: number;
  lastReceiptAt?: number;
  /** Round trip of the last ping, milliseconds. */
  pingMs?: number;
  /** Stanzas waiting for their keys to be durable. */
  gated: number;
}

/** Why a send did not reach the socket. `retry`: the same waId may be tried again when the session is open. */
export class EngineSendError extends Error {
  readonly reason: 'not_open' | 'not_on_whatsapp' | 'no_keys' | 'refused' | 'worker_lost' | 'unsupported';
  readonly retry: boolean;
  /** How many of the messages given at once had left before this one. */
  readonly left: number;

  constructor(reason: EngineSendError['reason'], message: string, retry: boolean, left = 0) {
    super(message);
    this.name = 'EngineSendError';
    this.reason = reason;
    this.retry = retry;
    this.left = left;
  }
}

/** An adapter's side. One engine serves all sessions of this node. */
export interface Engine extends AsyncDisposable {
  /** Starts what the first session of a network will need. A hint: without it that session waits a little longer. */
  prepare(network: Network): void;
  /** Opens a session with stored credentials and keeps it open (jittered back-off) until `stop`. Idempotent. */
  open(spec: SessionSpec): Promise<void>;
  /** Begins linking: `qr` or `code` facts follow until `paired`, or `closed` with `link_timeout`. */
  link(spec: SessionSpec, method: LinkMethod): Promise<void>;
  /** Closes the socket and forgets the session; credentials stay. Resolves when nothing more will be written. */
  stop(deviceId: string): Promise<void>;
  /** Tells WhatsApp to remove this companion (best effort, bounded), then wipes the credentials. */
  logout(deviceId: string): Promise<void>;
  /**
   * Puts a message on the wire, and `behind` it others of the same chat. Resolves when their stanzas have left, which is
   * after their keys are durable; the server's acks follow as `report`s. Order is kept per chat, and what stands behind a
   * message that does not leave stays. Rejects with EngineSendError.
   */
  send(deviceId: string, message: Outbound, behind?: readonly Outbound[]): Promise<void>;
  /** Asks WhatsApp over this node's session. Answers within `askMs`; rejects with EngineAskError. */
  ask<K extends AskName>(deviceId: string, name: K, input: Asks[K]['input']): Promise<Asks[K]['answer']>;
  health(deviceId: string): Promise<SessionHealth | null>;
  /** Worker processes alive now, for health pages and fault tests. */
  workers(): { pid: number; network: Network; sessions: number; restarts: number }[];
}

/** How to reach one network. Read from configuration; handed to the workers of that network. */
export interface NetworkEndpoint {
  network: Network;
  /** ws:// or wss:// address of the chat socket; absent for WhatsApp's own. */
  url?: string;
  /** Hex of the 32-byte public key that roots the certificate chain; absent for WhatsApp's own. */
  rootKey?: string;
  /** PEM file trusted for media hosts in addition to the system's. */
  caFile?: string;
  /** `host:port` that answers for WhatsApp's default media host; absent for WhatsApp's own. */
  mediaHost?: string;
  /** Web version to announce, for when WhatsApp refuses the engine's own as outdated (405). */
  version?: readonly [number, number, number];
}
