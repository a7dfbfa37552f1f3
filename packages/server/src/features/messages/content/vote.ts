import { z } from 'zod';
import { idField, shownId } from '../../../operations/fields.ts';

const options = z
  .array(z.string().max(100))
  .max(12)
  .meta({
    description: 'What is chosen, in the words of the poll; none takes the vote back.',
    examples: [['Morning']],
  });

export const voteInput = z.strictObject({
  messageId: idField('msg', 'The poll voted on, of the same conversation.'),
  options: options.refine((chosen) => new Set(chosen).size === chosen.length, {
    message: 'must differ from each other',
  }),
});

export const voteShown = z.object({ messageId: shownId('msg', 'The poll voted on.'), options });
