import type { BinaryNode } from 'baileys';
import type { Address, Inbound, InboundChange, MessageContent, MessageContext, StatusStyle } from '../../port.ts';
import { groupAddress, lidUser, MAX_WA_ID, person, phoneUser } from './address.ts';
import type { ReadChange } from './content/change.ts';

/** Who the linked account is, in JIDs. */
export interface Self {
  id: string;
  lid?: string | undefined;
}

/** A received message stanza, before its ciphertext is opened. */
export interface Envelope {
  node: BinaryNode;
  /** How many of its `enc` children have been tried. */
  opened: number;
  /** The message it carries was handed over. */
  surfaced: boolean;
  /** It announced a part of history. */
  history?: boolean;
  /** It shared keys of the app state; the newest of them. */
  appStateKeyId?: string;
}

/** Finds the other name (phone for a LID, LID for a phone) of a person where the stanza does not say it. */
export type AlternateName = (jid: string) => Promise<string | undefined>;

/** The same, from what is at hand. */
export type NameAtHand = (jid: string) => string | undefined;

export function encChildren(node: BinaryNode): BinaryNode[] {
  return Array.isArray(node.content) ? node.content.filter((child) => child.tag === 'enc') : [];
}

export function isSelf(self: Self | undefined, jid: string | undefined): boolean {
  if (!self || jid === undefined) return false;
  const phone = phoneUser(jid);
  if (phone !== undefined) return phone === phoneUser(self.id);
  const lid = lidUser(jid);
  return lid !== undefined && lid === lidUser(self.lid);
}

/**
 * Chat and sender of a message stanza. Undefined for stanzas that are no message between people (newsletters …), and for
 * one under an id that no client makes.
 */
export async function parties(
  node: BinaryNode,
  self: Self | undefined,
  other: AlternateName,
  destinationJid?: string,
): Promise<Parties | undefined> {
  const names = new Map<string, string | undefined>();
  const ask = (jid: string): undefined => {
    names.set(jid, undefined);
  };
  const found = partiesAtHand(node, self, ask, destinationJid);
  if (names.size === 0) return found;
  for (const jid of names.keys()) names.set(jid, await other(jid));
  return partiesAtHand(node, self, (jid) => names.get(jid), destinationJid);
}

/** The same, at once. */
export function partiesAtHand(
  node: BinaryNode,
  self: Self | undefined,
  other: NameAtHand,
  destinationJid?: string,
): Parties | undefined {
  const { id = '', from, participant, recipient } = node.attrs;
  if (from === undefined || id.length > MAX_WA_ID) return undefined;
  const author = participant ?? from;
  const fromMe = isSelf(self, author);
  const sender = fromMe && self ? person(self.id, self.lid) : named(author, senderNames(node), other);
  if (!sender) return undefined;
  if (from.endsWith('@g.us')) return chatOf(groupAddress(from), sender, fromMe);
  if (from === 'status@broadcast') return chatOf({ kind: 'status' }, sender, fromMe);
  if (!fromMe) return chatOf(sender, sender, fromMe);
  const peer = recipient ?? destinationJid;
  if (peer?.endsWith('@g.us')) return chatOf(groupAddress(peer), sender, fromMe);
  return chatOf(peer === undefined ? undefined : named(peer, recipientNames(node), other), sender, fromMe);
}

export interface Parties {
  chat: Address;
  sender: Address;
  fromMe: boolean;
}

/** What a message said, opened. */
export interface Said {
  content: MessageContent;
  context?: MessageContext;
  style?: Partial<StatusStyle>;
  sealedSecret?: Uint8Array;
  sealedMedia?: Uint8Array;
}

/** The message in our words. */
export function inboundOf(node: BinaryNode, who: Parties, { style, ...said }: Said): Inbound {
  const { id, notify, offline } = node.attrs;
  return {
    waId: id ?? '',
    ...who,
    ...(notify ? { pushName: notify } : {}),
    sentAt: stanzaTime(node),
    ...said,
    ...(style && who.chat.kind === 'status' ? { style } : {}),
    offline: offline !== undefined,
  };
}

/** A sender's clock is believed this far from the server's: what it says orders its own changes to the millisecond. */
const CLOCK_MS = 24 * 3600_000;

/** Both names of a person as JIDs without a device. */
function jidsOf(...people: (Address | undefined)[]): string[] {
  return people.flatMap((one) => {
    if (one?.kind !== 'person') return [];
    const phone = one.phone === undefined ? [] : [`${one.phone.slice(1)}@s.whatsapp.net`];
    return one.lid === undefined ? phone : [...phone, `${one.lid}@lid`];
  });
}

/** A person's JID without its device; undefined where it is no person's. */
export function bareJid(jid: string): string | undefined {
  return jidsOf(person(jid))[0];
}

/** The change in our words. A poll's maker may be either side of a chat, under either name. */
export function changeOf(node: BinaryNode, who: Parties, read: ReadChange, self: Self | undefined): InboundChange {
  const { targetWaId, claimedAt, change } = read;
  const stanzaAt = stanzaTime(node);
  const at = claimedAt !== undefined && Math.abs(claimedAt - stanzaAt) < CLOCK_MS ? claimedAt : stanzaAt;
  const base = { waId: node.attrs.id ?? '', ...who, at, targetWaId };
  // Between two people nobody is an admin, whatever the stanza's attribute claims.
  if (change.type === 'revoke')
    return { ...base, change: { ...change, byAdmin: change.byAdmin && who.chat.kind === 'group' } };
  if (change.type !== 'vote') return { ...base, change };
  const { payload, iv, creators } = change;
  const makers = [
    ...creators.flatMap((jid) => bareJid(jid) ?? []),
    ...jidsOf(self && person(self.id, self.lid), who.sender, who.chat),
  ];
  const voters = jidsOf(who.sender);
  return { ...base, change: { type: 'vote', vote: { payload, iv, creators: [...new Set(makers)], voters } } };
}

/** The end of the year 9999 in Unix seconds: no later date fits everywhere it is kept. */
export const LAST_SECOND = 253_402_300_799;

/** The stanza's time in Unix milliseconds; now when it has none. */
export function stanzaTime(node: BinaryNode): number {
  const seconds = Number(node.attrs.t);
  return Number.isSafeInteger(seconds) && seconds > 0 && seconds <= LAST_SECOND ? seconds * 1000 : Date.now();
}

function chatOf(chat: Address | undefined, sender: Address, fromMe: boolean) {
  return chat && { chat, sender, fromMe };
}

function named(jid: string, hints: (string | undefined)[], other: NameAtHand): Address | undefined {
  const known = person(jid, ...hints);
  if (known?.kind !== 'person' || (known.phone !== undefined && known.lid !== undefined)) return known;
  return person(jid, ...hints, other(jid));
}

function senderNames({ attrs }: BinaryNode): (string | undefined)[] {
  return [attrs.participant_pn, attrs.sender_pn, attrs.participant_lid, attrs.sender_lid];
}

function recipientNames({ attrs }: BinaryNode): (string | undefined)[] {
  return [attrs.recipient_pn, attrs.peer_recipient_pn, attrs.recipient_lid, attrs.peer_recipient_lid];
}
