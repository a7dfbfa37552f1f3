import type { BinaryNode } from 'baileys';
import type { Address, CallEnd, CallNews } from '../../port.ts';
import { groupAddress, MAX_WA_ID, person } from './address.ts';
import { isSelf, type Self, stanzaTime } from './envelope.ts';

/** Reasons of `<terminate>`, as WhatsApp's clients send them. Without one the caller hung up. */
const ENDS: ReadonlyMap<string, CallEnd> = new Map<string, CallEnd>([
  ['timeout', 'timeout'],
  ['accepted_elsewhere', 'accepted_elsewhere'],
  ['rejected_elsewhere', 'rejected'],
]);

function newsOf(node: BinaryNode): CallNews['news'] | undefined {
  switch (node.tag) {
    case 'offer':
    case 'offer_notice':
      return { type: 'offer', video: children(node).some(({ tag }) => tag === 'video') };
    case 'terminate':
      return { type: 'end', reason: ENDS.get(node.attrs.reason ?? '') ?? 'ended' };
    case 'accept':
      return { type: 'end', reason: 'accepted_elsewhere' };
    case 'reject':
      return { type: 'end', reason: 'rejected' };
    default:
      return undefined;
  }
}

/** Reads a call stanza. Undefined for what goes on between the two ends, and for calls the account makes itself. */
export function callOf(node: BinaryNode, self: Self | undefined): CallNews | undefined {
  const [info] = children(node);
  const news = info && newsOf(info);
  const callId = info?.attrs['call-id'];
  const callerJid = info?.attrs['call-creator'] ?? info?.attrs.from ?? node.attrs.from;
  if (!info || !news || !callId || callId.length > MAX_WA_ID || !callerJid || isSelf(self, callerJid)) return undefined;
  const caller = person(callerJid, info.attrs.caller_pn);
  if (!caller) return undefined;
  const group = info.attrs['group-jid'];
  const inGroup: Address | undefined = group === undefined ? undefined : groupAddress(group);
  return { callId, caller, callerJid, ...(inGroup ? { group: inGroup } : {}), at: stanzaTime(node), news };
}

function children(node: BinaryNode): BinaryNode[] {
  return Array.isArray(node.content) ? node.content : [];
}
