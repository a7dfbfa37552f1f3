/**
 * What WAPing needs of WhatsApp, in its own words. The gateway's side of the port is `EngineStore`; an adapter's is
 * `Engine`. No type of an engine library crosses this file.
 */

import type { AskName, Asks, GroupSnapshot, PresenceState } from './asks.ts';
import type { MessageContent } from './content.ts';
import type { HistoryGroup, HistoryPart, WaitingHistory } from './history.ts';

export {
  type ContactCard,
  type LinkPreview,
  type Location,
  MEDIA_KINDS,
  type MediaFile,
  type MediaKind,
  type MessageContent,
  type Poll,
} from './content.ts';

/** The network a device belongs to. The two never share a worker: trust roots are per process. */
export type Network = 'whatsapp' | 'sandbox';

/** A person or a group as WhatsApp addresses it. `phone` is E.164; `lid` is the bare number of a LID. One is present. */
export type Address =
  | { kind: 'person'; phone?: string; lid?: string }
  /** `id` is the part before `@g.us`. */
  | { kind: 'group'; id: string }
  /** Status updates (stories). */
  | { kind: 'status' };

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

/** How a status update is shown that is a text or a voice message. */
export interface StatusStyle {
  /** `#rrggbb` */
  background: string;
  /** Of a text. */
  font?: StatusFont;
}

export type StatusFont = 'system' | 'text' | 'script' | 'bold' | 'morningbreeze' | 'calistoga' | 'exo2' | 'courier';

/** All that is encrypted of a message: enough to encrypt it again. */
export interface OutboundBody {
  content: MessageContent | MessageAction;
  context?: MessageContext;
  /** The message a reaction, vote, edit or revoke is about. */
  target?: MessageRef;
  /** Of that message, where another made it and votes answer it in secret: `Inbound.sealedSecret`. */
  targetSecret?: Uint8Array;
  /** Of a status update. */
  style?: StatusStyle;
}

export interface Outbound extends OutboundBody {
  /** Our id, echoed in failures. */
  messageId: string;
  /** The WhatsApp message id chosen at acceptance. Every resend uses the same one. */
  waId: string;
  to: Address;
  /** Who is to see a status update. */
  audience?: Address[];
  /** It was handed over before, and nobody knows whether it arrived. */
  again?: true;
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
  /** Of a status update, as far as it says. */
  style?: Partial<StatusStyle>;
  /** Where WhatsApp keeps its file and the keys that open it, sealed for `downloadMedia`; absent where it does not say. */
  sealedMedia?: Uint8Array;
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
    /** `byAdmin`: of another's message, in a group; who reads it asks whether the sender is an admin there. */
    | { type: 'revoke'; byAdmin: boolean }
    | { type: 'reaction'; emoji: string }
    | { type: 'vote'; vote: SealedVote };
}

/** Why a call that rang rings no more: the caller hung up or was answered here is not known apart. */
export type CallEnd = 'ended' | 'timeout' | 'accepted_elsewhere' | 'rejected';

/** What WhatsApp tells of a call to the account. */
export interface CallNews {
  /** WhatsApp's id of the call. */
  callId: string;
  caller: Address;
  /** The caller as WhatsApp addresses it: an answer goes there. */
  callerJid: string;
  /** The group it is in, for a group call. */
  group?: Address;
  /** Unix milliseconds. */
  at: number;
  news: { type: 'offer'; video: boolean } | { type: 'end'; reason: CallEnd };
}

/** WhatsApp's word on a message this device sent. */
export interface DeliveryReport {
  waId: string;
  status: 'sent' | 'delivered' | 'read' | 'played' | 'failed';
  /** Unix milliseconds. */
  at: number;
  /** Who received or read it, where the receipt says so. */
  participant?: Address;
  /** Set for a message to a group and for a status update, where the word of each who gets it counts. */
  toMany?: true;
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
  | 'deaf' // the socket stood and nothing came; new socket, same credentials
  | 'worker_crashed'
  | 'stopped'; // we closed it

/**
 * How a deaf session was found: pings without an answer; sends without an ack while nothing else came; acked sends and
 * nobody's receipt; nothing at all for hours (no proof, but a new connection brings what waits).
 */
export type DeafSign = 'no_answer' | 'no_ack' | 'no_receipts' | 'quiet';

/** One fact about a session, in the order it happened. The device's state machine reads these. */
export type SessionFact =
  | { fact: 'connecting' }
  | { fact: 'qr'; text: string; expiresAt: number }
  | { fact: 'code'; code: string; expiresAt: number }
  | { fact: 'passkey_required' }
  | { fact: 'paired'; account: LinkedAccount }
  | { fact: 'open'; account: LinkedAccount }
  /**
   * `retryAt` (Unix ms) is given when the session will connect again by itself; `heardAt` (Unix ms) is when WhatsApp last
   * sent anything that counts, `sign` belongs to `deaf`, `until` (Unix ms) to a ban that ends.
   */
  | {
      fact: 'closed';
      cause: DisconnectCause;
      code?: number;
      retryAt?: number;
      heardAt?: number;
      sign?: DeafSign;
      until?: number;
    }
  /** Everything WhatsApp kept while the device was away has come: so many messages. */
  | { fact: 'drained'; messages: number }
  /** The session is deaf and new sockets did not help. */
  | { fact: 'degraded'; sign: DeafSign }
  /** Something came again after `degraded`. */
  | { fact: 'well' }
  /** The account may open no new chats until then (Unix ms); null: it may again. */
  | { fact: 'reach_out_lock'; until: number | null };

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
  | {
      kind: 'undecryptable';
      waId: string;
      chat: Address;
      sender: Address;
      fromMe: boolean;
      at: number;
      reason: string;
    }
  /** A part of the account's history waits to be read. */
  | { kind: 'history'; part: HistoryPart }
  | { kind: 'call'; call: CallNews }
  /**
   * The account read a chat on its phone or another device: up to these messages, or all of it that was sent up to
   * `sentUpTo` (Unix milliseconds, second precision).
   */
  | { kind: 'read'; chat: Address; waIds: string[] | 'all'; sentUpTo?: number }
  /** A group the account is in, as it now is. */
  | { kind: 'group'; group: GroupSnapshot }
  /** The account is in it no more. */
  | { kind: 'group_left'; id: string }
  /** A picture was changed: the account's own (null), a person's or a group's. The id is null where there is none any more. */
  | { kind: 'picture'; of: Address | null; id: string | null; at: number }
  /** The account is in these groups and no others. */
  | { kind: 'groups_known'; ids: string[] }
  /** Somebody who is followed, by the name the caller gave them. Times are Unix milliseconds. */
  | { kind: 'presence'; ref: string; state: PresenceState; at: number; lastSeen?: number }
  | { kind: 'session'; fact: SessionFact; at: number };

/** A message that could not be read yet. */
export interface UnreadMessage extends MessageRef {
  chat: Address;
}

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
   * Rejects while it is away, and for what it cannot hold: `isFaulty` of platform/db/db-error.ts tells the two apart.
   */
  commit(batches: readonly DeviceBatch[]): Promise<{ fenced: string[] }>;
  /** How many records of these workspaces one commit should hold now, of `most`. Absent: so many at any time. */
  mostRecords?(workspaceIds: readonly string[], most: number): number;
  /** The body of a message this device sent, for retry receipts. Null when unknown, and where it went to another chat. */
  findSent(workspaceId: string, deviceId: string, waId: string, asker: Address): Promise<OutboundBody | null>;
  /** Whether an inbound message is already stored: a redelivery after a crash is then acknowledged, not asked for again. */
  hasInbound(workspaceId: string, deviceId: string, waId: string): Promise<boolean>;
  /** What this device could not read yet of the last day, some dozens at most. */
  unread(workspaceId: string, deviceId: string): Promise<UnreadMessage[]>;
  /** The part of a device's history that is to be read next; null when none waits. */
  nextHistory(workspaceId: string, deviceId: string): Promise<WaitingHistory | null>;
  /** Stores items of a part in one transaction, behind whatever live traffic waits. False: the part, or the lease, is gone. */
  commitHistory(group: HistoryGroup): Promise<boolean>;
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
  /** Sends WhatsApp has not acked, and how long the oldest has waited, milliseconds. */
  unacked?: number;
  unackedMs?: number;
  /** Restarts because nothing came, since anything last came. */
  deafRestarts?: number;
}

/** Why a send did not reach the socket. `retry`: the same waId may be tried again when the session is open. */
export class EngineSendError extends Error {
  readonly reason:
    | 'not_open'
    | 'not_on_whatsapp'
    | 'no_keys'
    | 'refused'
    | 'worker_lost'
    | 'unsupported'
    | 'upload_failed';
  readonly retry: boolean;
  /** How many of the messages given at once had left before this one. */
  readonly left: number;
  /** WhatsApp's numeric code as text, where it answered with one that says why. */
  readonly providerCode: string | undefined;

  constructor(
    reason: EngineSendError['reason'],
    message: string,
    retry: boolean,
    more: { left?: number; providerCode?: string | undefined } = {},
  ) {
    super(message);
    this.name = 'EngineSendError';
    this.reason = reason;
    this.retry = retry;
    this.left = more.left ?? 0;
    this.providerCode = more.providerCode;
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
  /** Null where the session is not here, and where its worker does not answer within seconds. */
  health(deviceId: string): Promise<SessionHealth | null>;
  /** Worker processes alive now, for health pages and fault tests. */
  workers(): { pid: number; network: Network; sessions: number; restarts: number }[];
}
