import { toEvent, type WholeLogRow } from '../../features/events/index.ts';
import type { SinkMessage } from './port.ts';

/** An event of the log as brokers get it: the envelope of webhooks and streams. */
export function messageOf(row: WholeLogRow): SinkMessage {
  const event = toEvent(row.workspace_id, row);
  return {
    id: event.id,
    type: event.type,
    workspaceId: event.workspaceId,
    createdAt: row.created_at,
    bodyWithin(bytes) {
      const whole = Buffer.from(JSON.stringify(event));
      // One event that the broker never takes would hold all behind it back for ever. What it said is in the log.
      return whole.length <= bytes ? whole : Buffer.from(JSON.stringify({ ...event, data: {}, dataOmitted: true }));
    },
  };
}
