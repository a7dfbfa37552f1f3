import { type proto as Proto, proto } from 'baileys';

/** A message of the past, in the few words a test needs. */
export interface PastMessage {
  readonly id: string;
  readonly fromMe: boolean;
  readonly message: Proto.IMessage;
  /** Unix time in seconds. */
  readonly at: number;
  /** Author in a group. */
  readonly participant?: string;
  readonly pushName?: string;
}

/** One chat of the past, newest message first, as phones order them. */
export interface PastConversation {
  readonly chat: string;
  readonly name?: string;
  readonly unread?: number;
  readonly archived?: boolean;
  /** The same person's other address, so that clients learn the pair. */
  readonly lid?: string;
  readonly pn?: string;
  readonly messages: readonly PastMessage[];
}

const { READ, DELIVERY_ACK } = proto.WebMessageInfo.Status;

/** The conversation as history sync carries it. */
export function toConversation(past: PastConversation): Proto.IConversation {
  const newest = past.messages[0]?.at;
  return {
    id: past.chat,
    messages: past.messages.map((item) => ({ message: toWebMessage(past.chat, item) })),
    unreadCount: past.unread ?? 0,
    archived: past.archived ?? false,
    endOfHistoryTransfer: false,
    ...(past.name === undefined ? {} : { name: past.name }),
    ...(past.lid === undefined ? {} : { lidJid: past.lid }),
    ...(past.pn === undefined ? {} : { pnJid: past.pn }),
    ...(newest === undefined ? {} : { conversationTimestamp: newest, lastMsgTimestamp: newest }),
  };
}

function toWebMessage(chat: string, past: PastMessage): Proto.IWebMessageInfo {
  const author = past.participant === undefined ? {} : { participant: past.participant };
  return {
    key: { remoteJid: chat, id: past.id, fromMe: past.fromMe, ...author },
    message: past.message,
    messageTimestamp: past.at,
    status: past.fromMe ? READ : DELIVERY_ACK,
    ...author,
    ...(past.pushName === undefined ? {} : { pushName: past.pushName }),
  };
}
