import { proto } from 'baileys';
import type { Companion } from '../accounts.ts';
import { toSharedKey } from '../app-state/index.ts';
import type { Message } from '../codec/message.ts';
import { type HistoryChunk, historyNotification, type OnDemandRequest, onDemandHistory } from '../history/index.ts';
import { canonicalChat } from '../routing/deliver.ts';
import type { Phone } from './phone.ts';
import { sendPeer } from './sending.ts';

const Kind = proto.Message.ProtocolMessage.Type;
const Sync = proto.HistorySync.HistorySyncType;

/** What a newly linked device is given of the past. */
export interface PhoneHistory extends Pick<HistoryChunk, 'conversations' | 'pushnames' | 'lidMappings' | 'delivery'> {
  /** What follows the first part, in parts. */
  recent?: readonly NonNullable<HistoryChunk['conversations']>[];
}

/** What a real phone does right after a link: app-state keys, then history in three parts. Clients wait for it. */
export async function onboard(phone: Phone, device: Companion): Promise<void> {
  phone.core.appState.introduce(phone.account.user, phone.account.name);
  await shareAppStateKeys(phone, device);
  const { recent = [], ...first } = phone.history;
  await sendHistory(phone, device, { ...first, syncType: Sync.INITIAL_BOOTSTRAP });
  await sendHistory(phone, device, { syncType: Sync.PUSH_NAME, pushnames: first.pushnames ?? [] });
  const parts = recent.length === 0 ? [[]] : recent;
  for (const [i, conversations] of parts.entries()) {
    const place = { chunkOrder: i + 1, progress: Math.floor((100 * (i + 1)) / parts.length) };
    const delivery = first.delivery === undefined ? {} : { delivery: first.delivery };
    await sendHistory(phone, device, { syncType: Sync.RECENT, conversations, ...place, ...delivery });
  }
}

/** Sends one chunk of history to a linked device. Throws when the media store is full. */
export async function sendHistory(phone: Phone, device: Companion, chunk: HistoryChunk): Promise<void> {
  const historySyncNotification = historyNotification(phone, chunk);
  await sendPeer(phone, device, { protocolMessage: { type: Kind.HISTORY_SYNC_NOTIFICATION, historySyncNotification } });
}

export async function shareAppStateKeys(phone: Phone, device: Companion): Promise<void> {
  const key = toSharedKey(phone.core.appState.keyOf(phone.account.user));
  const appStateSyncKeyShare = { keys: [key] };
  await sendPeer(phone, device, { protocolMessage: { type: Kind.APP_STATE_SYNC_KEY_SHARE, appStateSyncKeyShare } });
}

/** Answers what linked devices ask of their phone: app-state keys, or a message they could not get otherwise. */
export async function answerPeer(phone: Phone, device: Companion, message: Message, stanzaId: string): Promise<void> {
  const request = message.protocolMessage;
  if (request?.type === Kind.APP_STATE_SYNC_KEY_REQUEST) return shareAppStateKeys(phone, device);
  const operation = request?.peerDataOperationRequestMessage;
  const older = operation?.historySyncOnDemandRequest;
  if (older) return sendHistory(phone, device, olderHistory(phone, older, stanzaId));
  const wanted = operation?.placeholderMessageResendRequest ?? [];
  if (!operation || wanted.length === 0) return;
  const peerDataOperationResult = wanted.flatMap(({ messageKey }) => {
    const found = placeholder(phone, messageKey);
    return found ? [{ placeholderMessageResendResponse: { webMessageInfoBytes: found } }] : [];
  });
  const type = Kind.PEER_DATA_OPERATION_REQUEST_RESPONSE_MESSAGE;
  const peerDataOperationRequestResponseMessage = {
    peerDataOperationRequestType: operation.peerDataOperationRequestType ?? null,
    stanzaId,
    peerDataOperationResult,
  };
  await sendPeer(phone, device, { protocolMessage: { type, peerDataOperationRequestResponseMessage } });
}

function olderHistory(phone: Phone, request: OnDemandRequest, requestId: string): HistoryChunk {
  const chat = canonicalChat(phone.core, request.chatJid ?? '');
  const entries = phone.inbox.entries().filter((entry) => entry.chat === chat);
  return onDemandHistory(request, { entries, self: phone.jid, requestId });
}

function placeholder(phone: Phone, key: proto.IMessageKey | null | undefined): Uint8Array | undefined {
  const entry = phone.inbox.find((item) => item.id === key?.id);
  if (!key || !entry) return undefined;
  const messageTimestamp = Math.floor(entry.at / 1000);
  return proto.WebMessageInfo.encode({ key, message: entry.message, messageTimestamp }).finish();
}
