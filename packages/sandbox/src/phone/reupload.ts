import { hkdfSync } from 'node:crypto';
import { aesDecryptGCM, aesEncryptGCM, proto } from 'baileys';
import type { Companion } from '../accounts.ts';
import type { Message } from '../codec/message.ts';
import { bytes, child, type Node, node } from '../codec/node.ts';
import { fileIn } from '../content/media.ts';
import { nowSeconds } from '../core.ts';
import { encryptMedia } from '../media/encrypt.ts';
import { deliver } from '../routing/deliver.ts';
import type { Phone } from './phone.ts';

const IV_BYTES = 12;
const NAME_BYTES = 24;
const { ResultType } = proto.MediaRetryNotification;

/**
 * Answers a device that found a file gone from the media host (Baileys, `encryptMediaRetryRequest`): the phone uploads
 * it again under the same key and tells the new path, or that it has the file no more.
 */
export function uploadAgain(phone: Phone, device: Companion, receipt: Node): void {
  const id = receipt.attrs.id ?? '';
  const message = messageOf(phone, id);
  const file = message && fileIn(message);
  const mediaKey = file?.body.mediaKey;
  const plain = phone.files.get(id);
  if (!message || !mediaKey || !plain || !asksFor(receipt, id, mediaKey)) {
    answer(phone, { device, receipt, id }, [node('error', { code: String(ResultType.NOT_FOUND) })]);
    return;
  }
  const directPath = store(phone, message, { mediaKey, plain });
  const told = proto.MediaRetryNotification.encode({ stanzaId: id, directPath, result: ResultType.SUCCESS }).finish();
  const iv = phone.core.random.bytes(IV_BYTES);
  const sealed = aesEncryptGCM(told, retryKey(mediaKey), iv, Buffer.from(id));
  answer(phone, { device, receipt, id }, [node('encrypt', {}, [node('enc_p', {}, sealed), node('enc_iv', {}, iv)])]);
}

/** A message this phone shows: sent, received, or of the past it hands to devices. */
function messageOf(phone: Phone, id: string): Message | undefined {
  const shown = phone.sent.get(id)?.message ?? phone.inbox.find((entry) => entry.id === id)?.message;
  if (shown) return shown;
  const { conversations = [], recent = [] } = phone.history;
  for (const { messages } of [...conversations, ...recent.flat()])
    for (const { message } of messages ?? []) if (message?.key?.id === id) return message.message ?? undefined;
  return undefined;
}

function store(phone: Phone, message: Message, { mediaKey, plain }: { mediaKey: Uint8Array; plain: Buffer }): string {
  const { media, random } = phone.core;
  const kind = fileIn(message)?.kind ?? 'document';
  // A path of its own: what went wrong with the first one does not touch it.
  const path = `/v/t62.7118-24/${random.bytes(NAME_BYTES).toString('base64url')}.enc`;
  media.blobs.put(path, encryptMedia(plain, Buffer.from(mediaKey), kind).bytes);
  return `${path}?ccb=11-4`;
}

/** Whether the request was made by who knows the file's key. */
function asksFor(receipt: Node, id: string, mediaKey: Uint8Array): boolean {
  const encrypted = child(receipt, 'encrypt');
  const [payload, iv] = [child(encrypted, 'enc_p'), child(encrypted, 'enc_iv')];
  if (!payload || !iv) return false;
  try {
    const plain = aesDecryptGCM(bytes(payload), retryKey(mediaKey), bytes(iv), Buffer.from(id));
    return proto.ServerErrorReceipt.decode(plain).stanzaId === id;
  } catch {
    return false;
  }
}

function retryKey(mediaKey: Uint8Array): Buffer {
  return Buffer.from(hkdfSync('sha256', mediaKey, Buffer.alloc(0), 'WhatsApp Media Retry Notification', 32));
}

function answer(phone: Phone, to: { device: Companion; receipt: Node; id: string }, content: Node[]): void {
  const { device, receipt, id } = to;
  const attrs = { id, type: 'mediaretry', from: phone.account.jid, t: nowSeconds() };
  const rmr = node('rmr', { ...child(receipt, 'rmr')?.attrs });
  deliver(phone.core, device, node('notification', attrs, [...content, rmr]));
}
