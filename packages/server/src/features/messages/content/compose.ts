import type { z } from 'zod';
import type { OperationContext } from '../../../operations/context.ts';
import { WapingError } from '../../../platform/errors.ts';
import { parseStored, type StoredContent, type StoredPreview, type UsedTemplate } from '../content-table.ts';
import type { StoredMedia } from '../media-content.ts';
import type { sendBody } from '../schemas.ts';
import { conflict, requireInChat } from '../target.ts';
import { toCards } from './contacts.ts';

/** What a send says: the request's own fields, or those of the message that is forwarded. */
export type Said = Pick<
  z.output<typeof sendBody>,
  'type' | 'location' | 'contacts' | 'poll' | 'reaction' | 'vote' | 'replyTo' | 'mentions'
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

/** Throws CONFLICT for a message that is no poll, VALIDATION_ERROR for what it does not let choose. */
async function checkVote(
  ctx: OperationContext,
  { messageId, options }: NonNullable<Said['vote']>,
  conversationId: string,
): Promise<void> {
  const row = await requireInChat(ctx, { id: messageId, conversationId, param: 'vote.messageId' });
  const { poll } = parseStored(row.content);
  if (!poll) throw conflict('vote.messageId', 'that message is no poll');
  const refuse = (why: string) =>
    new WapingError('VALIDATION_ERROR', `vote.options: ${why}`, {
      param: 'vote.options',
      details: [{ param: 'vote.options', message: why }],
    });
  if (options.some((option) => !poll.options.includes(option))) throw refuse('the poll has no such option');
  if (poll.selectableCount > 0 && options.length > poll.selectableCount)
    throw refuse(`the poll lets choose at most ${poll.selectableCount}`);
}

async function checkReferences(ctx: OperationContext, said: Said, chat: Chat): Promise<void> {
  const { replyTo, reaction, vote, mentions } = said;
  if (mentions === 'everyone' && chat.kind !== 'group')
    throw new WapingError('VALIDATION_ERROR', 'mentions: everyone is for groups', { param: 'mentions' });
  const { conversationId } = chat;
  if (replyTo !== undefined) await requireInChat(ctx, { id: replyTo, conversationId, param: 'replyTo' });
  if (reaction) await requireInChat(ctx, { id: reaction.messageId, conversationId, param: 'reaction.messageId' });
  if (vote) await checkVote(ctx, vote, conversationId);
}

/**
 * The content of a send as its row keeps it. Throws NOT_FOUND for a message of another chat, CONFLICT for one that was
 * never sent or is taken back.
 */
export async function composeContent(ctx: OperationContext, said: Said, chat: Chat): Promise<StoredContent> {
  await checkReferences(ctx, said, chat);
  const { text, media, location, contacts, poll, reaction, vote, replyTo, mentions, forwarded, madeFrom } = said;
  return {
    ...(text ? { text: { body: text.body, ...(text.preview ? { preview: text.preview } : {}) } } : {}),
    ...(media ? { media } : {}),
    ...(location ? { location } : {}),
    ...(contacts ? { contacts: toCards(contacts) } : {}),
    ...(poll ? { poll } : {}),
    ...(reaction ? { reaction } : {}),
    ...(vote ? { vote } : {}),
    ...(replyTo === undefined ? {} : { replyTo }),
    ...(mentions === undefined ? {} : { mentions }),
    ...(forwarded ? { forwarded } : {}),
    ...(madeFrom ? { template: madeFrom } : {}),
  };
}
