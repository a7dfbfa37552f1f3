import {
  type Address,
  EngineSendError,
  type MessageContext,
  type MessageRef,
  type OutboundBody,
} from '../engine/port.ts';
import { findByIdentities } from '../features/contacts/index.ts';
import { engineContent, findReferences, parseStored, type ReferenceRow } from '../features/messages/index.ts';
import type { Queryable } from '../platform/db/port.ts';

/** A message as its row has it. */
export interface StoredMessage {
  workspace_id: string;
  type: string;
  content: unknown;
}

type Stored = ReturnType<typeof parseStored>;

function personOf(phone: string | null, lid: string | null): Address | undefined {
  if (phone === null && lid === null) return undefined;
  return { kind: 'person', ...(phone === null ? {} : { phone }), ...(lid === null ? {} : { lid }) };
}

function refOf(row: ReferenceRow): MessageRef {
  const author = personOf(row.sender_phone, row.sender_lid);
  return { waId: row.wa_id, fromMe: row.direction === 'outbound', ...(author ? { author } : {}) };
}

function quoteOf(row: ReferenceRow | undefined): Pick<MessageContext, 'quoted'> {
  if (!row) return {};
  const content = engineContent(row.type, parseStored(row.content));
  const shown = content && content.type !== 'edit' && content.type !== 'revoke' ? { content } : {};
  return { quoted: { waId: row.wa_id, ref: refOf(row), ...shown } };
}

/** Both names of the people mentioned, where they are known: a group says which it goes by. */
async function mentionsOf(db: Queryable, workspaceId: string, { mentions }: Stored) {
  if (mentions === undefined || mentions === 'everyone') return mentions;
  const known = await findByIdentities(
    db,
    mentions.map((phone) => ({ workspaceId, phone, lid: null })),
  );
  return mentions.flatMap((phone) => personOf(phone, known.find((row) => row.phone === phone)?.lid ?? null) ?? []);
}

/**
 * All that goes on the wire of a stored message, with what it speaks of. Null when its row has no content any more.
 * Rejects with EngineSendError when the message it changes is gone.
 */
export async function bodyOf(db: Queryable, row: StoredMessage): Promise<OutboundBody | null> {
  const stored = parseStored(row.content);
  const content = engineContent(row.type, stored);
  if (!content) return null;
  const about = (stored.reaction ?? stored.edit ?? stored.revoke)?.messageId;
  const ids = [about, stored.replyTo].flatMap((id) => id ?? []);
  const found = ids.length === 0 ? [] : await findReferences(db, row.workspace_id, ids);
  const target = found.find(({ id }) => id === about);
  if (about !== undefined && !target) throw new EngineSendError('refused', 'the message it is about is gone', false);
  const mentions = await mentionsOf(db, row.workspace_id, stored);
  const context: MessageContext = {
    ...quoteOf(found.find(({ id }) => id === stored.replyTo)),
    ...(mentions === undefined ? {} : { mentions }),
    ...(stored.forwarded ? { forwarded: true } : {}),
  };
  return {
    content,
    ...(Object.keys(context).length === 0 ? {} : { context }),
    ...(target ? { target: refOf(target) } : {}),
  };
}
