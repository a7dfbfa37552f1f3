import type { z } from 'zod';
import type { OperationContext } from '../../../operations/context.ts';
import { WapingError } from '../../../platform/errors.ts';
import type { StoredContent, StoredPreview, UsedTemplate } from '../content-table.ts';
import type { StoredMedia } from '../media-content.ts';
import type { sendBody } from '../schemas.ts';
import { requireInChat } from '../target.ts';
import { toCards } from './contacts.ts';

/** What a send says: the request's own fields, or those of the message that is forwarded. */
export type Said = Pick<
  z.output<typeof sendBody>,
  'type' | 'location' | 'contacts' | 'poll' | 'reaction' | 'replyTo' | 'mentions'
> & {
  text?: { body: string; preview?: StoredPreview | undefined; linkPreview?: boolean | undefined } | undefined;
  /** The file, where it is one. */
  media?: StoredMedia | undefined;
  forwarded?: boolean;
  madeFrom?: UsedTemplate;
};

interface Chat {
  conversationId: string;
  kind: 'person' | 'group' | 'status';
}

async function checkReferences(ctx: OperationContext, said: Said, chat: Chat): Promise<void> {
  const { replyTo, reaction, mentions } = said;
  if (mentions === 'everyone' && chat.kind !== 'group')
    throw new WapingError('VALIDATION_ERROR', 'mentions: everyone is for groups', { param: 'mentions' });
  const { conversationId } = chat;
  if (replyTo !== undefined) await requireInChat(ctx, { id: replyTo, conversationId, param: 'replyTo' });
  if (reaction) await requireInChat(ctx, { id: reaction.messageId, conversationId, param: 'reaction.messageId' });
}

/**
 * The content of a send as its row keeps it. Throws NOT_FOUND for a message of another chat, CONFLICT for one that was
 * never sent or is taken back.
 */
export async function composeContent(ctx: OperationContext, said: Said, chat: Chat): Promise<StoredContent> {
  await checkReferences(ctx, said, chat);
  const { text, media, location, contacts, poll, reaction, replyTo, mentions, forwarded, madeFrom } = said;
  return {
    ...(text ? { text: { body: text.body, ...(text.preview ? { preview: text.preview } : {}) } } : {}),
    ...(media ? { media } : {}),
    ...(location ? { location } : {}),
    ...(contacts ? { contacts: toCards(contacts) } : {}),
    ...(poll ? { poll } : {}),
    ...(reaction ? { reaction } : {}),
    ...(replyTo === undefined ? {} : { replyTo }),
    ...(mentions === undefined ? {} : { mentions }),
    ...(forwarded ? { forwarded } : {}),
    ...(madeFrom ? { template: madeFrom } : {}),
  };
}
