import { proto, unpadRandomMax16, writeRandomPadMax16 } from 'baileys';

export type Message = proto.IMessage;

/** Protobuf bytes with WhatsApp's random padding (1–16 bytes), ready to be encrypted. */
export function encodeMessage(message: Message): Uint8Array {
  return writeRandomPadMax16(proto.Message.encode(proto.Message.fromObject(message)).finish());
}

/** Inverse of {@link encodeMessage}. Throws on bytes that are no message. */
export function decodeMessage(padded: Uint8Array): Message {
  return proto.Message.decode(unpadRandomMax16(padded));
}

const ENVELOPES = [
  'viewOnceMessage',
  'viewOnceMessageV2',
  'viewOnceMessageV2Extension',
  'documentWithCaptionMessage',
] as const;

/** The message inside the envelope that says how it is shown. */
export function innerMessage(message: Message): Message {
  for (const name of ENVELOPES) {
    const inner = message[name]?.message;
    if (inner) return inner;
  }
  return message;
}

/** Whether it may be looked at only once. */
export function isViewOnce(message: Message): boolean {
  const inner = innerMessage(message);
  const { imageMessage, videoMessage, audioMessage } = inner;
  const isEnveloped = inner !== message && !message.documentWithCaptionMessage;
  return isEnveloped || [imageMessage, videoMessage, audioMessage].some((body) => body?.viewOnce === true);
}

/** Text a person would read in this message; undefined when it has none. */
export function messageText(message: Message): string | undefined {
  const { conversation, extendedTextMessage, imageMessage, videoMessage, documentMessage } = innerMessage(message);
  const caption = imageMessage?.caption ?? videoMessage?.caption ?? documentMessage?.caption;
  return conversation ?? extendedTextMessage?.text ?? caption ?? undefined;
}

const MEDIA = [
  'imageMessage',
  'videoMessage',
  'audioMessage',
  'documentMessage',
  'stickerMessage',
  'contactMessage',
  'contactsArrayMessage',
  'locationMessage',
] as const;

/** The stanza's `type` attribute, as clients choose it. */
export function stanzaType(message: Message): string {
  if (message.reactionMessage) return 'reaction';
  if (message.pollCreationMessage || message.pollCreationMessageV3 || message.pollUpdateMessage) return 'poll';
  const inner = innerMessage(message);
  return MEDIA.some((key) => inner[key]) ? 'media' : 'text';
}

/** True when a sender-key distribution carries nothing else to show. */
export function isOnlySenderKey(message: Message): boolean {
  if (!message.senderKeyDistributionMessage) return false;
  const shown = Object.entries(message).filter(([key, value]) => value != null && !key.startsWith('senderKeyDist'));
  return shown.every(([key]) => key === 'messageContextInfo');
}
