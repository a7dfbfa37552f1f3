import {
  type Address,
  EngineSendError,
  type MessageContext,
  type MessageRef,
  type OutboundBody,
} from '../engine/port.ts';
import { findAudience, findByIdentities, findViewers } from '../features/contacts/index.ts';
import { engineContent, findReferences, parseStored, type ReferenceRow } from '../features/messages/index.ts';
import type { Queryable } from '../platform/db/port.ts';
import { findNotedAudience, noteAudience } from './audience-store.ts';
import type { ClaimedRow } from './store.ts';

/** A message as its row has it. */
export interface StoredMessage {
  workspace_id: string;
  type: string;
  content: unknown;
}

const LID = '@lid';

/** What is encrypted of a message, but for the place of its file: where that lies here. */
export interface StoredBody {
  body: OutboundBody;
  mediaId: string | null;
}

type Stored = ReturnType<typeof parseStored>;

/** A person under the names that are known; undefined where none is. */
export function personOf(phone: string | null, lid: string | null): Address | undefined {
  if (phone === null && lid === null) return undefined;
  return { kind: 'person', ...(phone === null ? {} : { phone }), ...(lid === null ? {} : { lid }) };
}

function refOf(row: ReferenceRow): MessageRef {
  const author = personOf(row.sender_phone, row.sender_lid);
  return { waId: row.wa_id, fromMe: row.direction === 'outbound', ...(author ? { author } : {}) };
}

/** What a vote on a poll that was not made here is sealed with. Throws where the poll came without it. */
function targetSecret({ vote }: Stored, { origin, answer_secret: secret }: ReferenceRow) {
  if (vote && !secret && origin !== 'api')
    throw new EngineSendError('refused', 'the poll came without the secret that votes on it need', false);
  return vote && secret ? { targetSecret: secret } : {};
}

function quoteOf(row: ReferenceRow | undefined): Pick<MessageContext, 'quoted'> {
  if (!row) return {};
  const content = engineContent(row.type, parseStored(row.content));
  const shown = content && content.type !== 'edit' && content.type !== 'revoke' ? { content } : {};
  return { quoted: { waId: row.wa_id, ref: refOf(row), ...shown } };
}

function styleOf(update: Stored['statusUpdate']): Pick<OutboundBody, 'style'> {
  if (!update || update.background === null) return {};
  const { background, font } = update;
  return { style: { background, ...(font === null ? {} : { font }) } };
}

/** Both names of the people mentioned, where they are known: a group says which it goes by. */
async function mentionsOf(db: Queryable, workspaceId: string, { mentions }: Stored) {
  if (mentions === undefined || mentions === 'everyone') return mentions;
  // Who showed nothing but a LID stands there under it.
  const named = mentions.map((name) => {
    const lid = name.endsWith(LID) ? name.slice(0, -LID.length) : null;
    return { workspaceId, phone: lid === null ? name : null, lid };
  });
  const known = await findByIdentities(db, named);
  return named.flatMap(({ phone, lid }) => {
    const row = known.find((one) => (phone === null ? one.lid === lid : one.phone === phone));
    return personOf(row?.phone ?? phone, row?.lid ?? lid) ?? [];
  });
}

async function contextOf(db: Queryable, workspaceId: string, stored: Stored): Promise<MessageContext> {
  const { replyTo, forwarded } = stored;
  const [quoted] = replyTo === undefined ? [] : await findReferences(db, workspaceId, [replyTo]);
  const mentions = await mentionsOf(db, workspaceId, stored);
  return {
    ...quoteOf(quoted),
    ...(mentions === undefined ? {} : { mentions }),
    ...(forwarded ? { forwarded: true } : {}),
  };
}

/**
 * All that goes on the wire of a stored message, with what it speaks of. Null when its row has no content any more.
 * Rejects with EngineSendError when the message it changes is gone.
 */
export async function bodyOf(db: Queryable, row: StoredMessage): Promise<StoredBody | null> {
  const stored = parseStored(row.content);
  const content = engineContent(row.type, stored);
  if (!content) return null;
  const about = (stored.reaction ?? stored.vote ?? stored.edit ?? stored.revoke)?.messageId;
  const [target] = about === undefined ? [] : await findReferences(db, row.workspace_id, [about]);
  if (about !== undefined && !target) throw new EngineSendError('refused', 'the message it is about is gone', false);
  // An edit says again what its message says beside the text: without it the answer would lose what it answers.
  const context = await contextOf(db, row.workspace_id, stored.edit && target ? parseStored(target.content) : stored);
  const { statusUpdate } = stored;
  const body = {
    content,
    ...styleOf(statusUpdate),
    ...(Object.keys(context).length === 0 ? {} : { context }),
    ...(target ? { target: refOf(target), ...targetSecret(stored, target) } : {}),
  };
  return { body, mediaId: stored.media?.id ?? null };
}

/**
 * Who is to see a status update: as it was asked for, of those who have not opted out by now. Who is to hear that it is
 * taken back: all it was sent to, whatever they have said since. Undefined for a message.
 */
export async function audienceOf(
  db: Queryable,
  row: StoredMessage & { id: string; device_id: string },
): Promise<{ audience: Address[] } | undefined> {
  const { statusUpdate, revoke } = parseStored(row.content);
  if (!statusUpdate) return undefined;
  const { workspace_id: workspaceId, device_id: deviceId } = row;
  const sentTo = revoke ? await findNotedAudience(db, workspaceId, revoke.messageId) : null;
  const ids = statusUpdate.audience === 'contacts' ? null : statusUpdate.audience;
  const people = sentTo
    ? await findViewers(db, workspaceId, sentTo)
    : await findAudience(db, { workspaceId, deviceId, ids });
  if (!revoke) {
    const update = { workspaceId, deviceId, messageId: row.id };
    await noteAudience(
      db,
      update,
      people.map(({ id }) => id),
    );
  }
  return { audience: people.flatMap(({ phone, lid }) => personOf(phone, lid) ?? []) };
}

/** Where a message goes; null where its chat has no address. */
export function addressOf(row: Pick<ClaimedRow, 'kind' | 'group_id' | 'phone' | 'lid'>): Address | null {
  if (row.kind === 'group') return row.group_id === null ? null : { kind: 'group', id: row.group_id };
  if (row.kind === 'status') return { kind: 'status' };
  if (row.phone === null && row.lid === null) return null;
  return { kind: 'person', ...(row.phone ? { phone: row.phone } : {}), ...(row.lid ? { lid: row.lid } : {}) };
}
