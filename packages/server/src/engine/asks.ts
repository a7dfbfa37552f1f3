import type { Address } from './port.ts';

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

/** Everything a session is asked that has an answer, or that leaves no trace in the database. */
export interface Asks {
  markRead: { input: { chat: Address; items: ReadItem[] }; answer: null };
  chatState: { input: { chat: Address; state: ChatState }; answer: null };
  presence: { input: { available: boolean }; answer: null };
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
  profile: { input: null; answer: { name: string | null; about: string | null } };
  changeProfile: { input: { name?: string; about?: string }; answer: null };
  blocked: { input: null; answer: Address[] };
  block: { input: { person: Address; blocked: boolean }; answer: null };
}

export type AskName = keyof Asks;

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
