import { proto, toNumber } from 'baileys';
import type { InboxEntry } from '../phone/inbox.ts';
import { type PastMessage, toConversation } from './conversation.ts';
import type { HistoryChunk } from './notification.ts';

/** A phone sends at most so many messages in one answer, whatever it is asked for. */
const MAX_MESSAGES = 500;

/** What a companion asks for: messages of one chat, older than one it has. */
export type OnDemandRequest = proto.Message.PeerDataOperationRequestMessage.IHistorySyncOnDemandRequest;

export interface OnDemandSource {
  /** Everything the phone shows in the chat that was asked for, in order of arrival. */
  readonly entries: readonly InboxEntry[];
  /** Phone-number address of the phone's own account. */
  readonly self: string;
  /** Id of the request, which the answer names. */
  readonly requestId: string;
}

/** The chunk that answers an on-demand request: older messages of the chat, newest first, none of them twice. */
export function onDemandHistory(request: OnDemandRequest, source: OnDemandSource): HistoryChunk {
  const chat = request.chatJid ?? '';
  const at = source.entries.findIndex((entry) => entry.id === request.oldestMsgId);
  const before = toNumber(request.oldestMsgTimestampMs ?? undefined);
  const older = at < 0 ? source.entries.filter((entry) => entry.at < before) : source.entries.slice(0, at);
  const count = Math.min(request.onDemandMsgCount ?? MAX_MESSAGES, MAX_MESSAGES);
  const messages = older.reverse().slice(0, count);
  return {
    syncType: proto.HistorySync.HistorySyncType.ON_DEMAND,
    requestId: source.requestId,
    conversations: [toConversation({ chat, messages: messages.map((entry) => past(entry, source.self)) })],
  };
}

function past(entry: InboxEntry, self: string): PastMessage {
  const fromMe = entry.from === self;
  const author = entry.chat.endsWith('@g.us') && !fromMe ? { participant: entry.from } : {};
  return { id: entry.id, fromMe, message: entry.message, at: Math.floor(entry.at / 1000), ...author };
}
