import type { ChatMutation, proto } from 'baileys';
import type { Address } from '../../port.ts';
import { groupAddress, person } from './address.ts';
import { SILENT_LOGGER } from './library.ts';

/** What the account read on its phone: all of a chat that was sent up to a time, Unix milliseconds. */
export interface ChatRead {
  chat: Address;
  waIds: 'all';
  sentUpTo?: number;
}

const chatAddress = (jid: string): Address | undefined => (jid.endsWith('@g.us') ? groupAddress(jid) : person(jid));

/** What an action of the app state says was read. The phone names the last message it showed, by its time in seconds. */
export function chatReadOf({ syncAction: { value }, index }: ChatMutation): ChatRead | undefined {
  const { markChatAsReadAction: action, timestamp } = value ?? {};
  const chat = action?.read && index[1] !== undefined ? chatAddress(index[1]) : undefined;
  if (!chat) return undefined;
  const { lastMessageTimestamp, lastSystemMessageTimestamp } = action?.messageRange ?? {};
  const seconds = Number(lastMessageTimestamp ?? 0) || Number(lastSystemMessageTimestamp ?? 0);
  const sentUpTo = seconds > 0 ? seconds * 1000 : Number(timestamp ?? 0);
  return { chat, waIds: 'all', ...(sentUpTo > 0 ? { sentUpTo } : {}) };
}

/** What Baileys' `processSyncAction` tells its logger before it acts. */
function isLiveAction(told: unknown): told is { syncAction: ChatMutation } {
  if (told === null || typeof told !== 'object' || !('syncAction' in told) || !('initialSync' in told)) return false;
  const { syncAction: mutation, initialSync } = told;
  if (initialSync !== false || mutation === null || typeof mutation !== 'object') return false;
  return (
    'index' in mutation && Array.isArray(mutation.index) && 'syncAction' in mutation && Boolean(mutation.syncAction)
  );
}

/**
 * A logger for Baileys that hears which chats were read on the phone. Its event `chats.update` leaves out up to where, and
 * is folded into the count of what came in the same moment; only the logger is told the action as it is. What the first
 * snapshot says is of the past.
 */
export function readsLogger(read: (read: ChatRead) => void): typeof SILENT_LOGGER {
  const logger: typeof SILENT_LOGGER = {
    ...SILENT_LOGGER,
    child: () => logger,
    trace(told) {
      if (!isLiveAction(told)) return;
      const found = chatReadOf(told.syncAction);
      if (found) read(found);
    },
  };
  return logger;
}

/** A key of the app state, by the name Baileys stores it under. */
type SharedKey = [id: string, data: proto.Message.IAppStateSyncKeyData];

/** The keys of the app state in what the account's own phone shares, the newest last. */
export function sharedAppStateKeys(message: proto.IMessage): SharedKey[] {
  const keys = message.protocolMessage?.appStateSyncKeyShare?.keys ?? [];
  return keys.flatMap(({ keyId, keyData }): SharedKey[] =>
    keyId?.keyId && keyData?.keyData ? [[Buffer.from(keyId.keyId).toString('base64'), keyData]] : [],
  );
}
