import type { proto } from 'baileys';
import type { OutboundBody } from '../../../port.ts';
import { writeAction } from './change.ts';
import { keyOf, type Naming, withContext, writeContext } from './context.ts';
import type { WriteScene } from './kind.ts';
import { envelope } from './media.ts';
import { withStyle } from './status-style.ts';
import { writeContent } from './table.ts';

/** Builds what goes on the wire. Undefined for a kind that cannot be sent. */
export function toProto(
  body: OutboundBody,
  naming: Naming,
  keys: Pick<WriteScene, 'secret' | 'openMedia'>,
): proto.IMessage | undefined {
  const { content, context, target } = body;
  const key = target && keyOf(target, naming);
  const scene: WriteScene = { key, ...keys };
  if (content.type === 'edit' || content.type === 'revoke')
    return key && writeAction(content, key, writeContext(context, naming, scene));
  // A file that was not uploaded can be quoted, never sent.
  if ('media' in content && !content.media.sealed) return undefined;
  const message = writeContent(content, scene);
  if (!message) return undefined;
  const whole = withStyle(withContext(message, writeContext(context, naming, scene)), body.style);
  return 'media' in content ? envelope(content, whole) : whole;
}

/** Children of the stanza besides what is encrypted: servers tell a poll by it. */
export function extraNodes({ content }: OutboundBody) {
  return content.type === 'poll' ? [{ tag: 'meta', attrs: { polltype: 'creation' } }] : [];
}
