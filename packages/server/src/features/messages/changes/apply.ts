import { z } from 'zod';
import type { Queryable } from '../../../platform/db/port.ts';
import { blankMessageEvents, type NewEvent, recordEvents } from '../../events/index.ts';
import { findRole } from '../../groups/index.ts';
import { unnameMedia } from '../../media/index.ts';
import { parseStored, type StoredContent } from '../content-table.ts';
import { endFetch } from '../media-fetch-store.ts';
import { toMessage } from '../schemas.ts';
import { findMessagesById } from '../store.ts';
import {
  type ChangeKind,
  type ChangeRow,
  dropChange,
  lockTargets,
  replaceContent,
  revokeMessage,
  settleChange,
  type TargetRow,
} from './store.ts';
import { readVote } from './votes.ts';

/** What changes need beside the transaction. */
export interface ChangeServices {
  /** The workspace's 32-byte data key: votes are opened with it. */
  dataKey(workspaceId: string): Promise<Uint8Array>;
}

/** What a change did; `detail` goes into its event. */
interface Effect {
  keep: unknown;
  detail: Record<string, unknown>;
}

interface Judged {
  tx: Queryable;
  change: ChangeRow;
  target: TargetRow;
  services: ChangeServices;
}

const editContent = z.looseObject({ type: z.string() });
const revokeContent = z.object({ byAdmin: z.boolean() });
const reactionContent = z.object({ emoji: z.string() });
const ownVote = z.object({ options: z.array(z.string()) });

function isOwn({ change, target }: Judged): boolean {
  if (change.sender_id === null) return target.direction === 'outbound';
  return target.direction === 'inbound' && target.sender_id === change.sender_id;
}

/**
 * Whether a sender may take back what another wrote: an admin of the group may, as it is known here when the change is
 * applied. Where its members are not known, and for the account's own devices, WhatsApp is believed, whose servers let
 * nobody else say so. An admin of moments ago, or of moments to come, is judged by the members that were read last.
 */
async function isAdmin({ tx, change }: Judged): Promise<boolean> {
  if (change.sender_id === null) return true;
  const chat = { workspaceId: change.workspace_id, conversationId: change.conversation_id };
  const role = await findRole(tx, chat, change.sender_id);
  return role === null || role === 'owner' || role === 'admin';
}

const captionEdit = z.object({ media: z.object({ caption: z.string().optional() }) });

/** An edit of a file changes what is said with it: the file stays, and so does what is known of it. */
function edited(before: StoredContent, said: Record<string, unknown>): unknown {
  const { media } = before;
  if (!media) return { ...before, ...said };
  const { caption: _old, ...file } = media;
  const caption = captionEdit.safeParse(said).data?.media.caption;
  return { ...before, media: { ...file, ...(caption === undefined ? {} : { caption }) } };
}

// Each returns what it did, or null for a change that has no right, comes too late or says nothing new.
const APPLY: Record<ChangeKind, (judged: Judged) => Promise<Effect | null>> = {
  async edit(judged) {
    const { tx, change, target } = judged;
    const { type, ...said } = editContent.parse(change.content);
    const isLate = target.edited_at !== null && change.at < target.edited_at;
    if (!isOwn(judged) || target.revoked_at !== null || type !== target.type || isLate) return null;
    const content = edited(parseStored(target.content), said);
    await replaceContent(tx, { workspaceId: target.workspace_id, messageId: target.id, content, at: change.at });
    Object.assign(target, { content, edited_at: change.at });
    return { keep: {}, detail: {} };
  },
  async revoke(judged) {
    const { tx, change, target } = judged;
    const { byAdmin } = revokeContent.parse(change.content);
    if (target.revoked_at !== null) return null;
    if (!isOwn(judged) && !(byAdmin && (await isAdmin(judged)))) return null;
    const { workspace_id: workspaceId, id: messageId } = target;
    await revokeMessage(tx, { workspaceId, messageId, at: change.at });
    await endFetch(tx, workspaceId, messageId);
    await unnameMedia(tx, workspaceId, messageId);
    await blankMessageEvents(tx, { workspaceId, messageId });
    Object.assign(target, { content: {}, revoked_at: change.at });
    return { keep: {}, detail: {} };
  },
  async reaction({ change }) {
    const { emoji } = reactionContent.parse(change.content);
    return { keep: { emoji }, detail: { reaction: { emoji } } };
  },
  async vote({ change, target, services }) {
    // One sent here says in plain words what it chose.
    const own = ownVote.safeParse(change.content).data?.options;
    const options = own ?? readVote(change.content, target, await services.dataKey(target.workspace_id));
    return options && { keep: { options }, detail: { vote: { options } } };
  },
};

const EVENT: Record<ChangeKind, string> = {
  edit: 'message.edited',
  revoke: 'message.revoked',
  reaction: 'message.reaction',
  vote: 'message.vote',
};

interface Applied {
  change: ChangeRow;
  target: TargetRow;
  effect: Effect;
}

async function eventsOf(tx: Queryable, applied: readonly Applied[]): Promise<NewEvent[]> {
  const keys = new Map(applied.map(({ target }) => [target.id, { workspaceId: target.workspace_id, id: target.id }]));
  const rows = new Map((await findMessagesById(tx, [...keys.values()])).map((row) => [row.id, row]));
  return applied.flatMap(({ change, target, effect }) => {
    const row = rows.get(target.id);
    if (!row) return [];
    const { sender_id: senderId, at } = change;
    const data = { message: toMessage(row), senderId, at: at.toISOString(), ...effect.detail };
    const { workspace_id: workspaceId, device_id: deviceId } = target;
    return [{ workspaceId, deviceId, subjectId: target.id, type: EVENT[change.kind], data }];
  });
}

/**
 * Applies noted changes to the messages they are about, each with its event; those whose message is not here go on
 * waiting for it. Returns how many changed something.
 */
export async function applyChanges(
  tx: Queryable,
  changes: readonly ChangeRow[],
  services: ChangeServices,
): Promise<number> {
  if (changes.length === 0) return 0;
  const targets = new Map(
    (await lockTargets(tx, changes)).map((row) => [`${row.device_id}/${row.conversation_id}/${row.wa_id}`, row]),
  );
  const applied: Applied[] = [];
  for (const change of changes) {
    const target = targets.get(`${change.device_id}/${change.conversation_id}/${change.target_wa_id}`);
    if (!target) continue;
    const effect = await APPLY[change.kind]({ tx, change, target, services });
    if (!effect) {
      await dropChange(tx, change);
      continue;
    }
    await settleChange(tx, change, { messageId: target.id, content: effect.keep });
    applied.push({ change, target, effect });
  }
  if (applied.length > 0) await recordEvents(tx, await eventsOf(tx, applied));
  return applied.length;
}
