import type { ContentKind } from './kind.ts';

/** Inbound it is no message but a change of one: see `change.ts`. */
export const reaction: ContentKind<'reaction'> = {
  write({ reaction: { emoji } }, { key }) {
    return key && { reactionMessage: { key, text: emoji, senderTimestampMs: Date.now() } };
  },
  read: () => undefined,
};
