import type { proto } from 'baileys';
import type { VoteOnPoll } from '../../../../platform/crypto/message-secret.ts';
import type { OutboundBody } from '../../../port.ts';
import { writeAction } from './change.ts';
import { keyOf, type Naming, withContext, writeContext } from './context.ts';
import type { WriteScene } from './kind.ts';
import { envelope } from './media.ts';
import { withStyle } from './status-style.ts';
import { writeContent } from './table.ts';

interface Keys extends Pick<WriteScene, 'secret' | 'openMedia'> {
  /** The secret of the poll a vote is about; `sealed` where another made it. */
  pollSecret: (waId: string, sealed: Uint8Array | undefined) => Uint8Array;
}

/** Both sides are named as the chat names them: who opens the vote knows them so. */
function ballotOf({ content, target, targetSecret }: OutboundBody, naming: Naming, keys: Keys): VoteOnPoll | undefined {
  if (content.type !== 'vote' || !target) return undefined;
  const creator = target.fromMe ? naming.self : target.author && naming.jidOf(target.author);
  if (!creator) return undefined;
  return { secret: keys.pollSecret(target.waId, targetSecret), pollId: target.waId, creator, voter: naming.self };
}

/** Builds what goes on the wire. Undefined for a kind that cannot be sent. */
export function toProto(body: OutboundBody, naming: Naming, keys: Keys): proto.IMessage | undefined {
  const { content, context, target } = body;
  const key = target && keyOf(target, naming);
  const scene: WriteScene = { key, ballot: ballotOf(body, naming, keys), ...keys };
  if (content.type === 'edit' || content.type === 'revoke')
    return key && writeAction(content, key, writeContext(context, naming, scene));
  // A file that was not uploaded can be quoted, never sent.
  if ('media' in content && !content.media.sealed) return undefined;
  const message = writeContent(content, scene);
  if (!message) return undefined;
  const whole = withStyle(withContext(message, writeContext(context, naming, scene)), body.style);
  return 'media' in content ? envelope(content, whole) : whole;
}

const POLL_TYPE: Partial<Record<OutboundBody['content']['type'], string>> = { poll: 'creation', vote: 'vote' };

/** Children of the stanza besides what is encrypted: servers tell a poll, and a vote, by it. */
export function extraNodes({ content }: OutboundBody) {
  const polltype = POLL_TYPE[content.type];
  return polltype === undefined ? [] : [{ tag: 'meta', attrs: { polltype } }];
}
