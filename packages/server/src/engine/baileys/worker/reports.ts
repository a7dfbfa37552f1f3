import type { BinaryNode } from 'baileys';
import type { Address, DeliveryReport } from '../../port.ts';
import { groupAddress, person } from './address.ts';
import { isSelf, type Self, stanzaTime } from './envelope.ts';

const SECOND_MS = 1_000;

const RECEIPT_STATUS: ReadonlyMap<string | undefined, DeliveryReport['status']> = new Map<
  string | undefined,
  DeliveryReport['status']
>([
  [undefined, 'delivered'],
  // The recipient's device is not in the foreground.
  ['inactive', 'delivered'],
  ['read', 'read'],
  ['played', 'played'],
]);

/**
 * When what a stanza tells of happened, in Unix milliseconds. WhatsApp tells the second; within it ours is taken, so that
 * nothing seems sent before it was accepted or due, nor delivered before it was sent.
 */
function toldAt(node: BinaryNode): number {
  const second = stanzaTime(node);
  return Math.min(Math.max(Date.now(), second), second + SECOND_MS - 1);
}

/** The server's word on a message of ours (`<ack class="message">`): taken, or refused with a code. */
export function reportOfAck(node: BinaryNode): DeliveryReport | undefined {
  const { id, error } = node.attrs;
  if (id === undefined) return undefined;
  if (error !== undefined) return { waId: id, status: 'failed', at: Date.now(), providerCode: error };
  return { waId: id, status: 'sent', at: toldAt(node) };
}

/** A recipient's word. Receipts of our own devices and kinds that are no delivery (retry, sender …) give nothing. */
export function reportsOfReceipt(node: BinaryNode, self: Self | undefined): DeliveryReport[] {
  const { id, from, participant, participant_pn, participant_lid, sender_pn, sender_lid, type } = node.attrs;
  const status = RECEIPT_STATUS.get(type);
  if (id === undefined || status === undefined || isSelf(self, participant ?? from)) return [];
  const grouped = groupedReports(node, status, self);
  if (grouped.length > 0) return grouped;
  const who = person(participant ?? from, participant_pn, participant_lid, sender_pn, sender_lid);
  const at = toldAt(node);
  const told = {
    status,
    at,
    ...(who ? { participant: who } : {}),
    ...(isGroup(from) || from === STATUS ? { toMany: true as const } : {}),
  };
  return [id, ...listedIds(node)].map((waId) => ({ waId, ...told }));
}

const STATUS = 'status@broadcast';

const isGroup = (jid: string | undefined): boolean => jid?.endsWith('@g.us') === true;

const READ: ReadonlySet<string | undefined> = new Set(['read', 'read-self']);

/** What the account read on another of its devices: messages of one chat. Undefined for any other receipt. */
export function ownReadOf(node: BinaryNode, self: Self | undefined): { chat: Address; waIds: string[] } | undefined {
  const { id, from, participant, recipient, type } = node.attrs;
  if (id === undefined || !READ.has(type) || !isSelf(self, isGroup(from) ? participant : from)) return undefined;
  const jid = recipient ?? from;
  const chat = jid === undefined || isSelf(self, jid) ? undefined : isGroup(jid) ? groupAddress(jid) : person(jid);
  return chat && { chat, waIds: [id, ...listedIds(node)] };
}

/** One receipt of many members of a group: `<participants key=id><user jid t/></participants>`. */
function groupedReports(node: BinaryNode, status: DeliveryReport['status'], self: Self | undefined): DeliveryReport[] {
  return children(node, 'participants').flatMap((list) =>
    children(list, 'user').flatMap((user) => {
      const waId = list.attrs.key;
      const who = person(user.attrs.jid);
      if (waId === undefined || !who || isSelf(self, user.attrs.jid)) return [];
      return [{ waId, status, at: toldAt(user), participant: who, toMany: true as const }];
    }),
  );
}

function listedIds(node: BinaryNode): string[] {
  return children(node, 'list').flatMap((list) =>
    children(list, 'item').flatMap(({ attrs }) => (attrs.id === undefined ? [] : [attrs.id])),
  );
}

function children(node: BinaryNode, tag: string): BinaryNode[] {
  return Array.isArray(node.content) ? node.content.filter((child) => child.tag === tag) : [];
}
