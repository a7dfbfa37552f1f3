import { deflateSync } from 'node:zlib';
import { type proto as Proto, proto } from 'baileys';
import type { RandomBytes } from '../app-state/index.ts';
import type { BlobStore } from '../media/blob-store.ts';
import { storeMedia } from '../media/encrypt.ts';

/** Above this many compressed bytes a phone uploads the payload instead of putting it into the message. */
const MAX_INLINE_BYTES = 60 * 1024;

/** One chunk of history and how it travels. */
export interface HistoryChunk {
  readonly syncType: Proto.HistorySync.HistorySyncType;
  readonly conversations?: readonly Proto.IConversation[];
  readonly pushnames?: readonly Proto.IPushname[];
  readonly lidMappings?: readonly { readonly lid: string; readonly pn: string }[];
  /** From 1. */
  readonly chunkOrder?: number;
  /** Percent of this kind that has been sent. */
  readonly progress?: number;
  /** `external` uploads the payload to the media host; without it only what does not fit inline goes there. */
  readonly delivery?: 'inline' | 'external';
  /** Request of a companion that this answers (on-demand history). */
  readonly requestId?: string;
}

/** What building a notification takes from the network of a phone. */
export interface HistoryPhone {
  readonly core: { readonly media: { readonly blobs: BlobStore }; readonly random: RandomBytes };
}

/** The media store has no room for the chunk. */
export class HistoryStoreFullError extends Error {
  constructor() {
    super('the media store is full: history cannot be uploaded');
    this.name = 'HistoryStoreFullError';
  }
}

/**
 * What a phone tells a companion about one chunk of history: the chunk itself, or a reference to an encrypted blob.
 * Throws {@link HistoryStoreFullError} when the blob cannot be stored.
 */
export function historyNotification(phone: HistoryPhone, chunk: HistoryChunk): Proto.Message.IHistorySyncNotification {
  const header = { syncType: chunk.syncType, chunkOrder: chunk.chunkOrder ?? 1, progress: chunk.progress ?? 100 };
  const packed = deflateSync(encodeHistory(chunk, header));
  const inline = chunk.delivery === undefined ? packed.length <= MAX_INLINE_BYTES : chunk.delivery === 'inline';
  return {
    ...header,
    ...(chunk.requestId === undefined ? {} : { peerDataRequestSessionId: chunk.requestId }),
    ...(inline ? { initialHistBootstrapInlinePayload: packed } : upload(phone, packed)),
  };
}

type Header = Required<Pick<HistoryChunk, 'syncType' | 'chunkOrder' | 'progress'>>;

function encodeHistory(chunk: HistoryChunk, header: Header): Uint8Array {
  const phoneNumberToLidMappings = (chunk.lidMappings ?? []).map(({ lid, pn }) => ({ lidJid: lid, pnJid: pn }));
  const history = proto.HistorySync.fromObject({
    ...header,
    conversations: [...(chunk.conversations ?? [])],
    pushnames: [...(chunk.pushnames ?? [])],
    phoneNumberToLidMappings,
  });
  return proto.HistorySync.encode(history).finish();
}

function upload({ core }: HistoryPhone, packed: Uint8Array): Proto.Message.IHistorySyncNotification {
  const reference = storeMedia(core.media.blobs, packed, { mediaKey: core.random.bytes(32), kind: 'md-msg-hist' });
  if (!reference) throw new HistoryStoreFullError();
  return reference;
}
