import type { proto } from 'baileys';
import type { OutboundBody } from '../../../port.ts';
import { writeAction } from './change.ts';
import { keyOf, type Naming, withContext, writeContext } from './context.ts';
import type { WriteScene } from './kind.ts';
import { writeContent } from './table.ts';

/** Builds what goes on the wire. Undefined for a kind that cannot be sent. */
export function toProto(body: OutboundBody, naming: Naming, secret: () => Uint8Array): proto.IMessage | undefined {
  const { content, context, target } = body;
  const key = target && keyOf(target, naming);
  if (content.type === 'edit' || content.type === 'revoke') return key && writeAction(content, key);
  const scene: WriteScene = { key, secret };
  const message = writeContent(content, scene);
  return message && withContext(message, writeContext(context, naming, scene));
}

/** Children of the stanza besides what is encrypted: servers tell a poll by it. */
export function extraNodes({ content }: OutboundBody) {
  return content.type === 'poll' ? [{ tag: 'meta', attrs: { polltype: 'creation' } }] : [];
}
