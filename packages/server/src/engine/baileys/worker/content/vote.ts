import { sealPollVote } from '../../../../platform/crypto/message-secret.ts';
import type { ContentKind } from './kind.ts';

/** Inbound it is no message but a change of one: see `change.ts`. */
export const vote: ContentKind<'vote'> = {
  write({ vote: { options } }, { key, ballot }) {
    if (!key || !ballot) return undefined;
    const { payload, iv } = sealPollVote(ballot, options);
    return {
      pollUpdateMessage: {
        pollCreationMessageKey: key,
        vote: { encPayload: payload, encIv: iv },
        senderTimestampMs: Date.now(),
      },
    };
  },
  read: () => undefined,
};
