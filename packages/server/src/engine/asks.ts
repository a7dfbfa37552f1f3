import type { Address, MediaKind } from './port.ts';

/** What WhatsApp says of a number. */
export interface NumberFact {
  /** E.164 as it was asked for. */
  phone: string;
  exists: boolean;
  /** E.164 as WhatsApp knows the account; differs where a country's numbers have two forms (Brazil, Mexico, Argentina). */
  canonicalPhone?: string;
  lid?: string;
}

/** A received message to be marked read. `participant` is who wrote it, in a group. */
export interface ReadItem {
  waId: string;
  participant?: Address;
}

/** What the other side sees a person do. WhatsApp shows it for about 25 seconds unless it is renewed. */
export type ChatState = 'composing' | 'recording' | 'paused';

/** What somebody is seen doing. A chat state that is over is `available` again. */
export type PresenceState = 'available' | 'unavailable' | 'composing' | 'recording';

/** Somebody to follow. `ref` is the caller's own name for the person; `until` is Unix milliseconds. */
export interface WatchedPerson {
  ref: string;
  person: Address;
  until: number;
}

/** What is known of somebody who is followed: nothing yet (null), or the latest. `lastSeen` is Unix milliseconds. */
export interface PresenceFact {
  ref: string;
  until: number;
  state: PresenceState | null;
  lastSeen: number | null;
}

export type MemberRole = 'owner' | 'admin' | 'member';

/** A group as WhatsApp describes it now, whole. */
export interface GroupSnapshot {
  /** The part before `@g.us`. */
  id: string;
  subject: string;
  /** Empty where there is none. */
  description: string;
  /** Unix milliseconds; absent where WhatsApp does not say. */
  createdAt?: number;
  /** Only admins send. */
  announce: boolean;
  /** Only admins change subject, description and picture. */
  locked: boolean;
  memberAdd: 'admins' | 'all';
  /** Who joins by the link waits for an admin. */
  joinApproval: boolean;
  /** Seconds after which messages disappear; 0 is never. */
  ephemeralSeconds: number;
  members: { address: Address; role: MemberRole }[];
}

/** What became of one person in a change of members. 200 is done; other codes are WhatsApp's own. */
export interface MemberResult {
  address: Address;
  code: number;
}

/** A change of a group; what is absent stays. */
export type GroupChange = Partial<
  Pick<
    GroupSnapshot,
    'subject' | 'description' | 'announce' | 'locked' | 'memberAdd' | 'joinApproval' | 'ephemeralSeconds'
  >
>;

export interface JoinRequest {
  address: Address;
  /** Unix milliseconds, where WhatsApp says it. */
  requestedAt?: number;
}

/** A file as it lies on this machine. */
export interface LocalFile {
  /** Bytes. */
  size: number;
  /** SHA-256, lower-case hex. */
  sha256: string;
}

/** A received file, and the message it came in. */
export interface MediaOfMessage {
  /** `Inbound.sealedMedia`. */
  sealed: Uint8Array;
  waId: string;
  chat: Address;
  sender: Address;
  fromMe: boolean;
}

/** A received file to fetch. */
export interface MediaToFetch extends Pick<MediaOfMessage, 'sealed'> {
  /** The file to write, on this machine. What is there is replaced; after a failure nothing is. */
  path: string;
  maxBytes: number;
}

/** Why a file could not be had, as the code of a `refused`. */
export const MEDIA_REFUSED = {
  /** Not on the phone either that has to upload it again. */
  gone: 404,
  /** The media host has it no more; the phone may (`reuploadMedia`). */
  notOnHost: 410,
  /** Larger than allowed. */
  tooLarge: 413,
  /** Not what its keys and hashes say. */
  corrupt: 422,
} as const;

/** A picture to be had. */
export interface PictureToFetch {
  /** Null: the account's own. */
  of: Address | null;
  /** False: a small one. */
  full: boolean;
  /** The id of the one the caller has: of that nothing is fetched. */
  known: string | null;
  /** The file to write, on this machine. */
  path: string;
  maxBytes: number;
}

/** Everything a session is asked that has an answer, or that leaves no trace in the database. */
export interface Asks {
  markRead: { input: { chat: Address; items: ReadItem[] }; answer: null };
  chatState: { input: { chat: Address; state: ChatState }; answer: null };
  /** `caller` is `CallNews.callerJid`. */
  rejectCall: { input: { callId: string; caller: string }; answer: null };
  presence: { input: { available: boolean }; answer: null };
  watchPresence: { input: WatchedPerson; answer: PresenceFact };
  unwatchPresence: { input: { ref: string }; answer: null };
  watchedPresences: { input: null; answer: PresenceFact[] };
  /** At most 100. */
  numbers: { input: { phones: string[] }; answer: NumberFact[] };
  group: { input: { id: string }; answer: GroupSnapshot };
  createGroup: {
    input: { subject: string; members: Address[] };
    answer: { group: GroupSnapshot; results: MemberResult[] };
  };
  changeGroup: { input: { id: string; change: GroupChange }; answer: GroupSnapshot };
  changeMembers: {
    input: { id: string; action: 'add' | 'remove' | 'promote' | 'demote'; members: Address[] };
    answer: { group: GroupSnapshot; results: MemberResult[] };
  };
  groupInvite: { input: { id: string; renew: boolean }; answer: { code: string } };
  /** `group` is null while an admin has to let the account in. */
  joinGroup: { input: { code: string }; answer: { id: string; group: GroupSnapshot | null } };
  joinRequests: { input: { id: string }; answer: JoinRequest[] };
  decideJoinRequests: {
    input: { id: string; decision: 'approve' | 'reject'; members: Address[] };
    answer: { group: GroupSnapshot; results: MemberResult[] };
  };
  leaveGroup: { input: { id: string }; answer: null };
  profile: { input: null; answer: { name: string | null; about: string | null; pictureId: string | null } };
  changeProfile: { input: { name?: string; about?: string }; answer: null };
  /** Null where there is none, or none that the account may see. `file` is null for the one that is `known`. */
  picture: { input: PictureToFetch; answer: { id: string; file: LocalFile | null } | null };
  /**
   * Of the account (null) or a group. `path` is a square JPEG of up to 640 pixels a side, on this machine; null takes the
   * picture away. The id is null where there is none, or WhatsApp does not tell it.
   */
  changePicture: { input: { of: Address | null; path: string | null }; answer: { id: string | null } };
  /** Encrypts a file of this machine and uploads it. A message names it by the answer, for weeks. */
  uploadMedia: { input: { kind: MediaKind; path: string }; answer: LocalFile & { sealed: Uint8Array } };
  /** Downloads and opens the file of a received message. Refused with a code of `MEDIA_REFUSED` where it never can be. */
  downloadMedia: { input: MediaToFetch; answer: LocalFile };
  /**
   * Has the account's own phone upload a file again that the media host has no more. Answers where it then lies. Refused
   * with `MEDIA_REFUSED.gone` where the phone has it no more; `no_answer` where it is silent, and may be asleep.
   */
  reuploadMedia: { input: MediaOfMessage; answer: { sealed: Uint8Array } };
  blocked: { input: null; answer: Address[] };
  block: { input: { person: Address; blocked: boolean }; answer: null };
}

export type AskName = keyof Asks;

/** Questions that may take longer than the others: 100 MiB over a slow line. Milliseconds. */
export const LONG_ASKS: Partial<Record<AskName, number>> = {
  uploadMedia: 10 * 60_000,
  downloadMedia: 10 * 60_000,
  // The phone has 45 s of it.
  reuploadMedia: 60_000,
};

/**
 * Why there is no answer. `not_open`: nothing was asked. `no_answer`: it was asked, and what came of it is unknown.
 * `refused`: WhatsApp said no, with its `code`. `too_fast`: our own limit; try again after `retryAfterMs`.
 */
export class EngineAskError extends Error {
  readonly reason: 'not_open' | 'no_answer' | 'refused' | 'too_fast';
  readonly code: number | undefined;
  readonly retryAfterMs: number | undefined;

  constructor(
    reason: EngineAskError['reason'],
    message: string,
    more: { code?: number | undefined; retryAfterMs?: number | undefined } = {},
  ) {
    super(message);
    this.name = 'EngineAskError';
    this.reason = reason;
    this.code = more.code;
    this.retryAfterMs = more.retryAfterMs;
  }
}
