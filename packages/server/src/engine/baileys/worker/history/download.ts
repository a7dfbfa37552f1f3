import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { downloadContentFromMessage, type proto } from 'baileys';
import { errorCode } from '../socket-hooks.ts';

/** Bytes of a part as it lies at WhatsApp, compressed. They are held in memory, one part at a time in a process. */
const MAX_BYTES = 64 * 1024 * 1024;
/** A host that sends nothing for this long is given up. */
const SILENCE_MS = 30_000;
const GONE: ReadonlySet<number> = new Set([403, 404, 410]);

/** Why a part cannot be read. */
export class HistoryError extends Error {
  readonly reason: 'gone' | 'damaged' | 'too_large';

  constructor(reason: HistoryError['reason'], message: string) {
    super(message);
    this.name = 'HistoryError';
    this.reason = reason;
  }
}

type Notification = proto.Message.IHistorySyncNotification;

/** The compressed bytes of a part, checked against their hash. Rejects with HistoryError, or when the host is away. */
export async function loadHistory(notification: Notification): Promise<Uint8Array[]> {
  const { initialHistBootstrapInlinePayload: inline, directPath, mediaKey, fileLength, fileSha256 } = notification;
  if (inline?.length) return [inline];
  if (!directPath || !mediaKey) throw new HistoryError('damaged', 'the announcement names no place or key');
  if (Number(fileLength ?? 0) > MAX_BYTES) throw new HistoryError('too_large', 'the part is too large');
  const stream = await withinSilence(opened({ directPath, mediaKey }));
  const hash = createHash('sha256');
  const pieces: Uint8Array[] = [];
  let size = 0;
  await drain(stream, (piece) => {
    size += piece.length;
    if (size > MAX_BYTES) throw new HistoryError('too_large', 'the part is too large');
    hash.update(piece);
    pieces.push(piece);
  });
  if (fileSha256?.length && !hash.digest().equals(fileSha256))
    throw new HistoryError('damaged', 'the part is not what was announced');
  return pieces;
}

async function opened(place: { directPath: string; mediaKey: Uint8Array }): Promise<Readable> {
  try {
    return await downloadContentFromMessage(place, 'md-msg-hist');
  } catch (error) {
    if (GONE.has(errorCode(error) ?? 0)) throw new HistoryError('gone', 'WhatsApp does not have the part any more');
    throw error;
  }
}

async function withinSilence<T>(promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const silence = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error('the media host is silent')), SILENCE_MS);
  });
  try {
    return await Promise.race([promise, silence]);
  } finally {
    clearTimeout(timer);
  }
}

// A connection that breaks ends Baileys' decrypting stream with neither an end nor an error: the timer does.
function drain(stream: Readable, take: (piece: Uint8Array) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (error: unknown): void => {
      clearTimeout(timer);
      stream.destroy();
      reject(error instanceof Error ? error : new Error(String(error)));
    };
    const timer = setTimeout(() => fail(new Error('the media host is silent')), SILENCE_MS);
    stream.on('data', (piece: Uint8Array) => {
      timer.refresh();
      try {
        take(piece);
      } catch (error) {
        fail(error);
      }
    });
    stream.once('error', () => fail(new HistoryError('damaged', 'the part cannot be decrypted')));
    stream.once('end', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
