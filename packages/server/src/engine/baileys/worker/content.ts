import { proto } from 'baileys';
import type { MessageContent } from '../../port.ts';

/** Builds what goes on the wire. Undefined for a kind that cannot be sent. */
export function toProto(content: MessageContent): proto.IMessage | undefined {
  switch (content.type) {
    case 'text':
      return { conversation: content.text.body };
    case 'unsupported':
      return undefined;
  }
}

/** Envelopes around the real message; each holds it in `.message`. */
const WRAPPERS = [
  'deviceSentMessage',
  'ephemeralMessage',
  'viewOnceMessage',
  'viewOnceMessageV2',
  'viewOnceMessageV2Extension',
  'documentWithCaptionMessage',
  'editedMessage',
  'groupMentionedMessage',
  'botInvokeMessage',
  'lottieStickerMessage',
  'associatedChildMessage',
] as const;

/** Fields that carry keys or housekeeping, never something a person wrote. */
const SILENT: ReadonlySet<string> = new Set([
  'senderKeyDistributionMessage',
  'fastRatchetKeySenderKeyDistributionMessage',
  'messageContextInfo',
  'protocolMessage',
  'encReactionMessage',
  'stickerSyncRmrMessage',
  'deviceSentMessage',
]);

const WRAPPER_DEPTH = 5;

/** A decrypted payload, read. */
export interface Payload {
  /** Null when the message carries only keys or protocol housekeeping. */
  content: MessageContent | null;
  /** For a copy of what another own device sent: the chat it went to. */
  destinationJid?: string;
  senderKey?: proto.Message.ISenderKeyDistributionMessage;
}

/** Reads an unpadded `Message` protobuf. Throws when the bytes are not one. */
export function readPayload(bytes: Uint8Array): Payload {
  const message = proto.Message.decode(bytes);
  const destinationJid = message.deviceSentMessage?.destinationJid;
  const senderKey =
    message.senderKeyDistributionMessage ?? message.deviceSentMessage?.message?.senderKeyDistributionMessage;
  return {
    content: contentOf(unwrap(message)),
    ...(destinationJid ? { destinationJid } : {}),
    ...(senderKey ? { senderKey } : {}),
  };
}

function unwrap(message: proto.IMessage): proto.IMessage {
  let inner = message;
  for (let depth = 0; depth < WRAPPER_DEPTH; depth++) {
    const next: proto.IMessage | null | undefined = WRAPPERS.map((name) => inner[name]?.message).find(Boolean);
    if (!next) break;
    inner = next;
  }
  return inner;
}

function contentOf(message: proto.IMessage): MessageContent | null {
  const text = message.conversation || message.extendedTextMessage?.text;
  if (text) return { type: 'text', text: { body: text } };
  const kind = Object.entries(message).find(([name, value]) => value != null && value !== '' && !SILENT.has(name))?.[0];
  return kind === undefined ? null : { type: 'unsupported', unsupported: { kind } };
}

/** Undoes WhatsApp's padding: the last byte tells how many bytes to drop. Throws on padding longer than the bytes. */
export function unpad(padded: Uint8Array): Uint8Array {
  const size = padded.at(-1);
  if (size === undefined || size > padded.length) throw new Error('wrong padding');
  return padded.subarray(0, padded.length - size);
}

/** A padded message without any field: Baileys acknowledges it and has nothing to surface. */
export const EMPTY_PADDED: Uint8Array = Uint8Array.of(1);
