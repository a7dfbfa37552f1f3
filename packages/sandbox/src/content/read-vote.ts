import type { InboxEntry } from '../phone/inbox.ts';
import type { Phone } from '../phone/phone.ts';
import { pollView } from './describe.ts';
import { lookUp } from './target.ts';
import { openVote } from './vote.ts';

/** Both addresses of whoever an address is of. */
function namesOf({ core }: Phone, address: string): string[] {
  const account = core.registry.byJid(address);
  return account ? [account.jid, account.lid] : [address];
}

/** The vote a message is, where the phone has the poll and can open it. */
export function readVote(phone: Phone, { message, from }: InboxEntry) {
  const update = message.pollUpdateMessage;
  const pollId = update?.pollCreationMessageKey?.id;
  const target = pollId ? lookUp(phone, pollId) : undefined;
  if (!update?.vote || !pollId || !target) return null;
  const secret = target.message.messageContextInfo?.messageSecret;
  const poll = pollView(target.message);
  if (!poll || !secret) return null;
  for (const creator of namesOf(phone, target.author)) {
    for (const voter of namesOf(phone, from)) {
      const options = openVote({ secret, pollId, creator, voter }, update.vote, poll.options);
      if (options) return { messageId: pollId, options };
    }
  }
  return null;
}
