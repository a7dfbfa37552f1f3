import type { proto } from 'baileys';
import type { VoteOnPoll } from '../../../../platform/crypto/message-secret.ts';
import type { MessageContent } from '../../../port.ts';
import type { MediaReference } from '../media/reference.ts';

export type ContentType = MessageContent['type'];
export type ContentOf<T extends ContentType> = Extract<MessageContent, { type: T }>;

/** What the protobuf of a message needs beside its content. */
export interface WriteScene {
  /** The message a reaction or a vote is about. */
  key: proto.IMessageKey | undefined;
  /** What a vote on it is sealed with. */
  ballot?: VoteOnPoll | undefined;
  /** 32 bytes under which answers to the message are encrypted. */
  secret: () => Uint8Array;
  /** Where a file was uploaded. Throws when another device sealed it. */
  openMedia: (sealed: Uint8Array) => MediaReference;
}

/** One kind of content, both ways. `read` of what `write` made gives the same content. */
export interface ContentKind<T extends ContentType> {
  /** Undefined where it cannot be sent. */
  write(content: ContentOf<T>, scene: WriteScene): proto.IMessage | undefined;
  /** Undefined where the message is of another kind. */
  read(message: proto.IMessage): ContentOf<T> | undefined;
}
