import { z } from 'zod';
import { idField, shownId } from '../../../operations/fields.ts';

const emoji = z.string().meta({ description: 'One emoji; empty takes the reaction back.', examples: ['👍'] });
// Sequences count as one: a flag, a family, a skin tone.
const PATTERN = '^(\\p{RGI_Emoji}|\\p{Extended_Pictographic}\\uFE0F?)?$';
const ONE_EMOJI = new RegExp(PATTERN, 'v');

export const reactionInput = z.strictObject({
  messageId: idField('msg', 'The message reacted to, of the same conversation.'),
  emoji: emoji.max(64).refine((text) => ONE_EMOJI.test(text), { message: 'must be one emoji, or empty' }),
});

export const reactionShown = z.object({ messageId: shownId('msg', 'The message reacted to.'), emoji });
