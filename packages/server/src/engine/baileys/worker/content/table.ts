import type { proto } from 'baileys';
import type { MessageContent } from '../../../port.ts';
import { contacts } from './contacts.ts';
import type { ContentKind, ContentOf, ContentType, WriteScene } from './kind.ts';
import { location } from './location.ts';
import { audio, document, image, sticker, video, voice } from './media.ts';
import { poll } from './poll.ts';
import { reaction } from './reaction.ts';
import { text } from './text.ts';
import { vote } from './vote.ts';

/** Every kind of content, by its type. A new kind is one more file and one more row. */
const KINDS: { readonly [T in ContentType]: ContentKind<T> } = {
  text,
  image,
  video,
  audio,
  voice,
  document,
  sticker,
  location,
  contacts,
  poll,
  reaction,
  vote,
  unsupported: { write: () => undefined, read: () => undefined },
};

/** Fields that carry keys or housekeeping, never something a person wrote. */
const SILENT: ReadonlySet<string> = new Set([
  'senderKeyDistributionMessage',
  'fastRatchetKeySenderKeyDistributionMessage',
  'messageContextInfo',
  'protocolMessage',
  'stickerSyncRmrMessage',
  'deviceSentMessage',
]);

function write<T extends ContentType>(type: T, content: ContentOf<T>, scene: WriteScene): proto.IMessage | undefined {
  return KINDS[type].write(content, scene);
}

/** Undefined for a kind that cannot be sent. */
export function writeContent(content: MessageContent, scene: WriteScene): proto.IMessage | undefined {
  return write(content.type, content, scene);
}

/** Reads an unwrapped message. Null when it carries only keys or housekeeping. */
export function readContent(message: proto.IMessage): MessageContent | null {
  for (const kind of Object.values(KINDS)) {
    const content = kind.read(message);
    if (content) return content;
  }
  const kind = Object.entries(message).find(([name, value]) => value != null && value !== '' && !SILENT.has(name))?.[0];
  return kind === undefined ? null : { type: 'unsupported', unsupported: { kind } };
}
