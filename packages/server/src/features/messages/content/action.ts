import { z } from 'zod';
import { shownId } from '../../../operations/fields.ts';
import { textShown } from './text.ts';

/** What `PATCH` and `DELETE` of a message make: messages that change another. */
export const editShown = z.object({
  messageId: shownId('msg', 'The message that is edited.'),
  text: textShown.meta({ description: 'Its new text.' }),
});

export const revokeShown = z.object({ messageId: shownId('msg', 'The message that is taken back.') });
