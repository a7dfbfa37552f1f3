import { z } from 'zod';
import { shownId, shownIdOrNull, timeField } from '../../operations/fields.ts';
import type { EventRow } from './store.ts';

export const eventSchema = z
  .object({
    id: shownId('evt', 'Id of the event.'),
    type: z.string().meta({ description: 'What happened. New types may come.', examples: ['message.received'] }),
    createdAt: timeField,
    workspaceId: shownId('ws', 'Your workspace.'),
    deviceId: shownIdOrNull('dev', 'The device it is about.'),
    sequence: z
      .number()
      .int()
      .meta({ description: 'Grows with every event; of one device, in the order things happened.', examples: [42] }),
    apiVersion: z.string().meta({ description: 'Version of the shape of `data`.', examples: ['2026-11-01'] }),
    data: z.record(z.string(), z.unknown()).meta({ description: 'What changed; its shape depends on `type`.' }),
  })
  .meta({ id: 'Event' });

function asObject(data: unknown): Record<string, unknown> {
  return data !== null && typeof data === 'object' ? { ...data } : {};
}

/** The envelope every reader of the log gets. */
export function toEvent(workspaceId: string, row: EventRow): z.output<typeof eventSchema> {
  return {
    id: row.id,
    type: row.type,
    createdAt: row.created_at.toISOString(),
    workspaceId,
    deviceId: row.device_id,
    sequence: Number(row.sequence),
    apiVersion: row.api_version,
    data: asObject(row.data),
  };
}
