import type { Address, Inbound } from './port.ts';

/** What a part of history is: WhatsApp sends it in several kinds, and more when it is asked. */
export type HistoryKind = 'initial' | 'recent' | 'full' | 'names' | 'older' | 'other';

/** A part of the account's history, as the phone announces it. Where it lies and its key are sealed by the session. */
export interface HistoryPart {
  /** Id of the message that announced it. */
  waId: string;
  kind: HistoryKind;
  /** Its place among the parts of its kind, from 1 where the phone counts them. */
  chunk: number;
  /** Percent of its kind that the phone has sent with it, where it says so. */
  percent: number | null;
  sealed: Uint8Array;
}

/** A part that is to be read, from the item after the first `done` ones on. */
export interface WaitingHistory {
  waId: string;
  sealed: Uint8Array;
  done: number;
}

/** A message of the past. */
export interface HistoryMessage extends Omit<Inbound, 'offline'> {
  /** For one the account sent: how far it came. */
  status?: 'sent' | 'delivered' | 'read' | 'played';
  reactions?: { waId: string; sender: Address; fromMe: boolean; emoji: string; at: number }[];
  /** Of a poll: the options each chose, none where a vote was taken back. */
  votes?: { waId: string; sender: Address; fromMe: boolean; options: string[]; at: number }[];
  /** Of one the account sent to a group, or as a status update. */
  receipts?: PastReceipt[];
}

/** What one of many did with a message. */
export interface PastReceipt {
  person: Address;
  status: 'delivered' | 'read' | 'played';
  /** Unix milliseconds. */
  at: number;
}

/** A chat of the past as the phone shows it. */
export interface HistoryChat {
  chat: Address;
  unread: number;
  /** Unix milliseconds of its last message, where it is known. */
  lastAt?: number;
  /** The name the phone's address book has for a person. */
  name?: string;
}

/** What history tells of a person: both names, and what the person calls itself. */
export interface HistoryPerson {
  person: Address;
  pushName?: string;
}

/** Items of a part, stored together. Storing one again changes nothing. */
export interface HistoryGroup {
  workspaceId: string;
  deviceId: string;
  /** The fencing token of the lease under which the session runs. */
  token: number;
  /** The part's id. */
  waId: string;
  /** Items of the part before this group, and with it. */
  from: number;
  done: number;
  people: HistoryPerson[];
  chats: HistoryChat[];
  messages: HistoryMessage[];
  /** Set with the last group of a part. */
  end?: { state: 'done' } | { state: 'failed'; reason: string };
}
