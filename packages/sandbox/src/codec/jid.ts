/** Server part of phone-number addresses. */
export const SERVER = 's.whatsapp.net';
/** The server itself as a sender: an address without a user. Clients tell its notifications by exactly this text. */
export const SERVER_JID = '@s.whatsapp.net';
export const STATUS = 'status@broadcast';

export interface ParsedJid {
  readonly user: string;
  readonly device: number;
  readonly server: string;
}

/** Splits `user[:device]@server`; undefined when it is no such thing. Agent suffixes (`_1`) are dropped. */
export function parseJid(jid: string | undefined): ParsedJid | undefined {
  if (jid === undefined) return undefined;
  const at = jid.indexOf('@');
  if (at < 1) return undefined;
  const local = jid.slice(0, at);
  const colon = local.indexOf(':');
  const name = colon < 0 ? local : local.slice(0, colon);
  const agent = name.indexOf('_');
  const device = colon < 0 ? 0 : Number(local.slice(colon + 1));
  if (!Number.isInteger(device)) return undefined;
  return { user: agent < 0 ? name : name.slice(0, agent), device, server: jid.slice(at + 1) };
}

export function pnJid(user: string, device = 0): string {
  return device === 0 ? `${user}@${SERVER}` : `${user}:${device}@${SERVER}`;
}

export function lidJid(user: string, device = 0): string {
  return device === 0 ? `${user}@lid` : `${user}:${device}@lid`;
}

export const isGroup = (jid: string): boolean => jid.endsWith('@g.us');
export const isLid = (jid: string): boolean => jid.endsWith('@lid');
