import type { Queryable } from '../../platform/db/port.ts';
import { recordEvents } from '../events/index.ts';
import { messageEvent } from './events.ts';
import type { Arrival } from './record-inbound.ts';
import { type Readable, type RecoveredRow, recoverRows } from './recover-store.ts';
import { toMessage } from './schemas.ts';
import { findMessagesById } from './store.ts';

type Missed = Pick<Arrival, 'row' | 'origin'>;

/**
 * Gives messages that could not be read what they say, now that it came: under the id they had, each with its event.
 * What is stored with its content already stays as it is.
 */
export async function fillUnreadable(tx: Queryable, rows: readonly Readable[]): Promise<RecoveredRow[]> {
  if (rows.length === 0) return [];
  const changed = await recoverRows(tx, rows);
  if (changed.length === 0) return [];
  const shown = new Map(
    (
      await findMessagesById(
        tx,
        changed.map(({ id, workspace_id: workspaceId }) => ({ workspaceId, id })),
      )
    ).map((row) => [row.id, row]),
  );
  await recordEvents(
    tx,
    changed.flatMap(({ id, workspace_id: workspaceId }) => {
      const row = shown.get(id);
      return row ? [messageEvent(workspaceId, 'message.recovered', toMessage(row))] : [];
    }),
  );
  return changed;
}

/** The same of arrivals. Returns those that were recovered, with their own ids. */
export async function recoverMessages(tx: Queryable, missed: readonly Missed[]): Promise<Arrival[]> {
  const changed = await fillUnreadable(
    tx,
    missed.map(({ row }) => row),
  );
  return changed.flatMap((known) => {
    const found = missed.find(({ row }) => row.id === known.given_id);
    return found
      ? [{ ...found, row: { ...found.row, id: known.id, conversationId: known.conversation_id }, known }]
      : [];
  });
}
