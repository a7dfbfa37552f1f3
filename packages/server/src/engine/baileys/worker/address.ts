import { jidDecode } from 'baileys';
import type { Address, LinkedAccount } from '../../port.ts';

const PHONE_SERVERS = new Set(['s.whatsapp.net', 'c.us', 'hosted']);
const LID_SERVERS = new Set(['lid', 'hosted.lid']);

/** Ids that others choose are this long at most: longer ones fit no index. WhatsApp's own clients stay below 50. */
export const MAX_WA_ID = 128;

/** The parts of a JID. One that is longer than WhatsApp makes them names nobody. */
const decode = (jid: string | undefined) => (jid === undefined || jid.length > MAX_WA_ID ? undefined : jidDecode(jid));

/** The bare user of a phone-number JID, or undefined. */
export function phoneUser(jid: string | undefined): string | undefined {
  const decoded = decode(jid);
  return decoded && PHONE_SERVERS.has(decoded.server) ? decoded.user : undefined;
}

/** The bare user of a LID, or undefined. */
export function lidUser(jid: string | undefined): string | undefined {
  const decoded = decode(jid);
  return decoded && LID_SERVERS.has(decoded.server) ? decoded.user : undefined;
}

/** A person under every name the JIDs give. Undefined when none of them is a person's. */
export function person(...jids: (string | undefined)[]): Address | undefined {
  const phone = firstOf(jids, phoneUser);
  const lid = firstOf(jids, lidUser);
  if (phone === undefined && lid === undefined) return undefined;
  return {
    kind: 'person',
    ...(phone === undefined ? {} : { phone: `+${phone}` }),
    ...(lid === undefined ? {} : { lid }),
  };
}

export function groupAddress(jid: string): Address | undefined {
  const decoded = decode(jid);
  return decoded?.server === 'g.us' ? { kind: 'group', id: decoded.user } : undefined;
}

/** The chat a JID names, a person under every name given. Undefined where it is no chat with people. */
export function chatAddress(jid: string, ...others: (string | undefined)[]): Address | undefined {
  if (jid === 'status@broadcast') return { kind: 'status' };
  return groupAddress(jid) ?? person(jid, ...others);
}

/** The JID a message to `address` goes to. A phone number is preferred: the server maps it to the LID itself. */
export function toJid(address: Address): string | undefined {
  switch (address.kind) {
    case 'group':
      return `${address.id}@g.us`;
    case 'status':
      return 'status@broadcast';
    case 'person':
      if (address.phone !== undefined) return `${address.phone.replace(/^\+/, '')}@s.whatsapp.net`;
      return address.lid === undefined ? undefined : `${address.lid}@lid`;
  }
}

/** A person's LID as a JID, where it is known. */
export function lidJid(address: Address): string | undefined {
  return address.kind === 'person' && address.lid !== undefined ? `${address.lid}@lid` : undefined;
}

/** The name messages of a chat come under: since chats moved to LIDs that is the LID where there is one. */
export const receiptName = (address: Address): string | undefined => lidJid(address) ?? toJid(address);

/** Reads the account out of the login JID `number:companion@s.whatsapp.net`. */
export function linkedAccount(me: { id: string; lid?: string | undefined; name?: string | undefined }): LinkedAccount {
  const decoded = jidDecode(me.id);
  const lid = lidUser(me.lid);
  const name = me.name === '~' ? undefined : me.name;
  return {
    phone: `+${decoded?.user ?? ''}`,
    companion: decoded?.device ?? 0,
    ...(lid === undefined ? {} : { lid }),
    ...(name ? { name } : {}),
  };
}

function firstOf(jids: readonly (string | undefined)[], read: (jid: string | undefined) => string | undefined) {
  for (const jid of jids) {
    const user = read(jid);
    if (user !== undefined) return user;
  }
  return undefined;
}
