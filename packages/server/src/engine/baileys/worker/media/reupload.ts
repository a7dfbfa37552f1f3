import { decryptMediaRetryData, encryptMediaRetryRequest, proto } from 'baileys';
import { EngineAskError, MEDIA_REFUSED, type MediaOfMessage } from '../../../asks.ts';
import { deferred } from '../../deferred.ts';
import { lidJid, toJid } from '../address.ts';
import { type AskTools, jidOf } from '../asks/tools.ts';
import type { MediaReference } from './reference.ts';

/** How long the phone has to upload. It may be asleep, and is asked again with the next try. */
const PHONE_MS = 45_000;
const { ResultType } = proto.MediaRetryNotification;

const gone = () => new EngineAskError('refused', 'the phone has the file no more', { code: MEDIA_REFUSED.gone });

/**
 * Has the account's own phone upload a file again that the media host has lost (Baileys, `updateMediaMessage`). Answers
 * the new path. Rejects with EngineAskError: `refused` where the phone has the file no more, `no_answer` where it is silent.
 */
export async function askForUpload(tools: AskTools, { key }: MediaReference, message: MediaOfMessage): Promise<string> {
  const { sock, gate } = tools.live();
  const { waId, chat, sender, fromMe } = message;
  // Chats go by their LID where there is one, as in receipts.
  const remoteJid = lidJid(chat) ?? jidOf(chat);
  const participant = chat.kind === 'person' || fromMe ? undefined : (lidJid(sender) ?? toJid(sender));
  const asked = { id: waId, remoteJid, fromMe, ...(participant === undefined ? {} : { participant }) };
  const answered = deferred<string>();
  answered.promise.catch(() => {});
  const listen = (updates: readonly Update[]): void => {
    const update = updates.find((one) => one.key.id === waId);
    if (!update) return;
    try {
      answered.resolve(newPath(update, key, waId));
    } catch (error) {
      answered.reject(error instanceof EngineAskError ? error : gone());
    }
  };
  const late = setTimeout(
    () => answered.reject(new EngineAskError('no_answer', 'the phone did not upload the file again')),
    PHONE_MS,
  );
  sock.ev.on('messages.media-update', listen);
  try {
    await sock.sendNode(encryptMediaRetryRequest(asked, key, sock.authState.creds.me?.id ?? ''));
    return await Promise.race([answered.promise, gate.whenClosed]);
  } finally {
    clearTimeout(late);
    sock.ev.off('messages.media-update', listen);
  }
}

interface Update {
  key: { id?: string | null | undefined };
  media?: { ciphertext: Uint8Array; iv: Uint8Array };
}

function newPath({ media }: Update, key: Uint8Array, waId: string): string {
  if (!media) throw gone();
  const { result, directPath } = decryptMediaRetryData(media, key, waId);
  if (result !== ResultType.SUCCESS || !directPath) throw gone();
  return directPath;
}
