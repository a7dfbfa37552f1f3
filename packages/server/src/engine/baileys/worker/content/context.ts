import type { proto } from 'baileys';
import type { Address, MessageContext, MessageRef } from '../../../port.ts';
import { person } from '../address.ts';
import type { WriteScene } from './kind.ts';
import { writeContent } from './table.ts';

/** How people are named in the chat a message goes to. */
export interface Naming {
  chat: string;
  self: string;
  jidOf(address: Address): string | undefined;
}

/** The key by which the others know a message. In a one-to-one chat who wrote it follows from `fromMe`. */
export function keyOf({ waId, fromMe, author }: MessageRef, { chat, jidOf }: Naming): proto.IMessageKey {
  const participant = chat.endsWith('@g.us') && author ? jidOf(author) : undefined;
  return { remoteJid: chat, id: waId, fromMe, ...(participant === undefined ? {} : { participant }) };
}

function quote(quoted: NonNullable<MessageContext['quoted']>, naming: Naming, scene: WriteScene): proto.IContextInfo {
  const { waId, ref, content } = quoted;
  const author = ref?.author && naming.jidOf(ref.author);
  const participant = ref?.fromMe ? naming.self : author;
  const wire: proto.IMessage = (content && writeContent(content, scene)) ?? { conversation: '' };
  const { messageContextInfo: _keys, ...message } = wire;
  return {
    stanzaId: waId,
    quotedMessage: message,
    ...(participant === undefined ? {} : { participant }),
  };
}

/** Undefined where there is nothing to say beside the content. */
export function writeContext(
  context: MessageContext | undefined,
  naming: Naming,
  scene: WriteScene,
): proto.IContextInfo | undefined {
  if (!context) return undefined;
  const { quoted, mentions, forwarded } = context;
  const named = Array.isArray(mentions) ? mentions.flatMap((one) => naming.jidOf(one) ?? []) : [];
  const info: proto.IContextInfo = {
    ...(quoted ? quote(quoted, naming, scene) : {}),
    ...(named.length > 0 ? { mentionedJid: named } : {}),
    ...(mentions === 'everyone' ? { nonJidMentions: 1 } : {}),
    ...(forwarded ? { isForwarded: true, forwardingScore: 1 } : {}),
  };
  return Object.keys(info).length > 0 ? info : undefined;
}

/** Puts the context where the kind of message keeps it: in the body of its one field. */
export function withContext(message: proto.IMessage, contextInfo: proto.IContextInfo | undefined): proto.IMessage {
  if (!contextInfo) return message;
  const { conversation, ...rest } = message;
  if (conversation) return { ...rest, extendedTextMessage: { text: conversation, contextInfo } };
  const entries = Object.entries(rest).map(([name, body]) =>
    name === 'messageContextInfo' || typeof body !== 'object' ? [name, body] : [name, { ...body, contextInfo }],
  );
  return Object.fromEntries(entries);
}

function contextInfoOf(message: proto.IMessage): proto.IContextInfo | undefined {
  for (const body of Object.values(message)) {
    if (body !== null && typeof body === 'object' && 'contextInfo' in body && body.contextInfo) return body.contextInfo;
  }
  return undefined;
}

/** Reads what an unwrapped message says beside its content. */
export function readContext(message: proto.IMessage): MessageContext | undefined {
  const info = contextInfoOf(message);
  if (!info) return undefined;
  const { stanzaId, mentionedJid, nonJidMentions, isForwarded } = info;
  const named = (mentionedJid ?? []).flatMap((jid) => person(jid) ?? []);
  const mentions = nonJidMentions ? 'everyone' : named;
  const context: MessageContext = {
    ...(stanzaId ? { quoted: { waId: stanzaId } } : {}),
    ...(mentions.length > 0 ? { mentions } : {}),
    ...(isForwarded ? { forwarded: true } : {}),
  };
  return Object.keys(context).length > 0 ? context : undefined;
}
