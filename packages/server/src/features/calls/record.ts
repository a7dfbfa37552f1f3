import type { CallNews } from '../../engine/port.ts';
import type { Queryable } from '../../platform/db/port.ts';
import { newId } from '../../platform/ids.ts';
import { storable } from '../../platform/storable.ts';
import { ensureConversations } from '../conversations/index.ts';
import { type NewEvent, recordEvents } from '../events/index.ts';
import { chatKey, placeContacts } from '../messages/index.ts';
import { type CallRow, toCall } from './schemas.ts';
import { type EndedCall, endCallRows, insertCalls } from './store.ts';

export type CallOfDevice = CallNews & { workspaceId: string; deviceId: string };

/** A call that is to be rejected, since its device takes none. */
export interface Unwanted {
  workspaceId: string;
  deviceId: string;
  waId: string;
  caller: string;
}

/** An offer that waited for the device to come back rings no more. */
const RINGS_MS = 60_000;

function event(type: string, row: CallRow): NewEvent {
  const { workspace_id: workspaceId, device_id: deviceId, id } = row;
  return { workspaceId, deviceId, subjectId: id, type, data: { call: toCall(row) } };
}

async function recordOffers(
  tx: Queryable,
  offers: readonly CallOfDevice[],
  now: Date,
): Promise<{ rows: CallRow[]; unwanted: Unwanted[] }> {
  if (offers.length === 0) return { rows: [], unwanted: [] };
  const arrived = offers.map((call) => ({
    ...call,
    chat: call.group ?? call.caller,
    sender: call.caller,
    fromMe: false,
  }));
  const placed = (await placeContacts(tx, arrived)).filter(({ senderContact }) => senderContact !== null);
  const chats = await ensureConversations(tx, placed.map(chatKey));
  const rows = await insertCalls(
    tx,
    placed.map(({ message, senderContact }, i) => ({
      id: newId('call'),
      workspaceId: message.workspaceId,
      deviceId: message.deviceId,
      waId: message.callId,
      conversationId: chats[i] ?? '',
      contactId: senderContact,
      caller: message.callerJid,
      video: message.news.type === 'offer' && message.news.video,
      offeredAt: new Date(message.at),
    })),
  );
  const ringing = rows.filter((row) => row.reject_calls && now.getTime() - row.offered_at.getTime() < RINGS_MS);
  const unwanted = ringing.map((row) => ({
    workspaceId: row.workspace_id,
    deviceId: row.device_id,
    waId: row.wa_id,
    caller: row.caller,
  }));
  return { rows, unwanted };
}

/** Ends calls that ring, each with its event. Returns those that did. */
export async function endCalls(tx: Queryable, calls: readonly EndedCall[]): Promise<CallRow[]> {
  if (calls.length === 0) return [];
  const ended = await endCallRows(tx, calls);
  await recordEvents(
    tx,
    ended.map((row) => event('call.ended', row)),
  );
  return ended;
}

/** Notes what WhatsApp told of calls, each with its event. Returns how much was new, and the calls to be rejected. */
export async function recordCalls(
  tx: Queryable,
  calls: readonly CallOfDevice[],
  now: Date,
): Promise<{ changed: number; unwanted: Unwanted[] }> {
  if (calls.length === 0) return { changed: 0, unwanted: [] };
  const told = calls.map(storable);
  const { rows, unwanted } = await recordOffers(
    tx,
    told.filter(({ news }) => news.type === 'offer'),
    now,
  );
  await recordEvents(
    tx,
    rows.map((row) => event('call.offered', row)),
  );
  const ends = told.flatMap(({ workspaceId, deviceId, callId: waId, at, news }) =>
    news.type === 'end' ? [{ workspaceId, deviceId, waId, reason: news.reason, at: new Date(at) }] : [],
  );
  const ended = await endCalls(tx, ends);
  const over = new Set(ended.map((row) => row.wa_id));
  return { changed: rows.length + ended.length, unwanted: unwanted.filter(({ waId }) => !over.has(waId)) };
}
