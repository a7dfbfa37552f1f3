import { proto } from 'baileys';
import type { Inbound } from '../../port.ts';
import { groupAddress, person } from './address.ts';
import { messageOf, type Names } from './history/message.ts';

/** Messages one answer of the phone may bring. */
const MAX_RESENT = 100;

/**
 * Messages the account's own phone hands over because this device could not read them (a placeholder resend). Baileys
 * asks for them by itself: at once where a message came without content, else when the sender does not repeat it.
 */
export async function resentMessages(message: proto.IMessage, names: Names): Promise<Inbound[]> {
  const results = message.protocolMessage?.peerDataOperationRequestResponseMessage?.peerDataOperationResult ?? [];
  const found: Inbound[] = [];
  for (const result of results.slice(0, MAX_RESENT)) {
    const bytes = result.placeholderMessageResendResponse?.webMessageInfoBytes;
    const read = bytes && (await readResent(bytes, names));
    if (read) found.push(read);
  }
  return found;
}

async function readResent(bytes: Uint8Array, names: Names): Promise<Inbound | undefined> {
  const resent = decoded(bytes);
  const jid = resent?.key?.remoteJid;
  if (!resent || !jid) return undefined;
  const chat = jid.endsWith('@g.us') ? groupAddress(jid) : person(jid, await names.other(jid));
  const message = chat && (await messageOf(resent, chat, names));
  if (!message) return undefined;
  const { status: _status, reactions: _reactions, votes: _votes, receipts: _receipts, ...inbound } = message;
  return { ...inbound, offline: false };
}

// One answer that cannot be read must not stop the others, nor have the phone's message counted as lost.
function decoded(bytes: Uint8Array): proto.IWebMessageInfo | undefined {
  try {
    return proto.WebMessageInfo.decode(bytes);
  } catch {
    return undefined;
  }
}
