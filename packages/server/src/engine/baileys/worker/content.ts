import { proto } from 'baileys';
import type { MessageContent, MessageContext, StatusStyle } from '../../port.ts';
import { MAX_WA_ID } from './address.ts';
import { type ReadChange, readChange } from './content/change.ts';
import { readContext } from './content/context.ts';
import { readFile } from './content/media.ts';
import { readStyle } from './content/status-style.ts';
import { readContent } from './content/table.ts';
import type { MediaReference } from './media/reference.ts';

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

const WRAPPER_DEPTH = 5;

/** A decrypted payload, read. */
export interface Payload {
  /** Null when the message carries only keys or protocol housekeeping. */
  content: MessageContent | null;
  context?: MessageContext;
  /** The colours it asks for, which only the status shows. */
  style?: Partial<StatusStyle>;
  /** Where it changes an earlier message instead of being one. */
  change?: ReadChange;
  /** Where its file lies, where it has one and says so. */
  file?: MediaReference;
  /** 32 bytes under which answers to it are encrypted. */
  secret?: Uint8Array;
  /** For a copy of what another own device sent: the chat it went to. */
  destinationJid?: string;
  senderKey?: proto.Message.ISenderKeyDistributionMessage;
}

/** Reads an unpadded `Message` protobuf; `edit` is the stanza's attribute. Throws when the bytes are not one. */
export function readPayload(bytes: Uint8Array, edit?: string): Payload {
  return readMessage(proto.Message.decode(bytes), edit);
}

/** The same of a message that is decoded already. */
export function readMessage(message: proto.IMessage, edit?: string): Payload {
  const destinationJid = message.deviceSentMessage?.destinationJid;
  const senderKey =
    message.senderKeyDistributionMessage ?? message.deviceSentMessage?.message?.senderKeyDistributionMessage;
  const { inner, isViewOnce } = unwrap(message);
  const told = readChange(inner, edit);
  // No message has such an id, so the change is of nothing.
  const change = told && told.targetWaId.length <= MAX_WA_ID ? told : undefined;
  const context = readContext(inner);
  const style = readStyle(inner);
  const secret = (inner.messageContextInfo ?? message.messageContextInfo)?.messageSecret;
  const content = told ? null : readContent(inner);
  const file = content && 'media' in content ? readFile(inner) : undefined;
  return {
    content: isViewOnce ? asViewOnce(content) : content,
    ...(file ? { file } : {}),
    ...(context ? { context } : {}),
    ...(style ? { style } : {}),
    ...(change ? { change } : {}),
    ...(secret ? { secret } : {}),
    ...(destinationJid ? { destinationJid } : {}),
    ...(senderKey ? { senderKey } : {}),
  };
}

const VIEW_ONCE: ReadonlySet<string> = new Set(['viewOnceMessage', 'viewOnceMessageV2', 'viewOnceMessageV2Extension']);

function unwrap(message: proto.IMessage): { inner: proto.IMessage; isViewOnce: boolean } {
  let inner = message;
  let isViewOnce = false;
  for (let depth = 0; depth < WRAPPER_DEPTH; depth++) {
    const wrapper = WRAPPERS.find((name) => inner[name]?.message);
    const next: proto.IMessage | null | undefined = wrapper && inner[wrapper]?.message;
    if (!wrapper || !next) break;
    isViewOnce ||= VIEW_ONCE.has(wrapper);
    inner = next;
  }
  return { inner, isViewOnce };
}

function asViewOnce(content: MessageContent | null): MessageContent | null {
  if (!content || !('media' in content)) return content;
  return { ...content, media: { ...content.media, viewOnce: true } };
}

/** Undoes WhatsApp's padding: the last byte tells how many bytes to drop. Throws on padding longer than the bytes. */
export function unpad(padded: Uint8Array): Uint8Array {
  const size = padded.at(-1);
  if (size === undefined || size > padded.length) throw new Error('wrong padding');
  return padded.subarray(0, padded.length - size);
}

/** A padded message without any field: Baileys acknowledges it and has nothing to surface. */
export const EMPTY_PADDED: Uint8Array = Uint8Array.of(1);
