import { z } from 'zod';
import { isoOrNull, shownId, shownIdOrNull, timeField } from '../../operations/fields.ts';

export const CALL_STATES = ['offered', 'ended'] as const;

/** Why a call rings no more. */
export const END_REASONS = ['ended', 'timeout', 'accepted_elsewhere', 'rejected', 'unknown'] as const;

/** A call as its row has it. */
export interface CallRow {
  id: string;
  workspace_id: string;
  device_id: string;
  wa_id: string;
  conversation_id: string;
  contact_id: string | null;
  contact_phone: string | null;
  /** Where an answer goes. */
  caller: string;
  video: boolean;
  state: (typeof CALL_STATES)[number];
  end_reason: (typeof END_REASONS)[number] | null;
  offered_at: Date;
  ended_at: Date | null;
  created_at: Date;
}

export const callSchema = z
  .object({
    id: shownId('call', 'Id of the call.'),
    deviceId: shownId('dev', 'The device whose account is called.'),
    conversationId: shownId('cnv', 'The chat with the caller, or the group.'),
    contactId: shownIdOrNull('con', 'Who calls.'),
    phone: z
      .string()
      .nullable()
      .meta({ description: 'Number of the caller, when known.', examples: ['+15551234567'] }),
    video: z.boolean().meta({ description: 'Whether it is a video call.', examples: [false] }),
    state: z.enum(CALL_STATES).meta({ description: '`offered` while it rings.', examples: ['ended'] }),
    endReason: z
      .enum(END_REASONS)
      .nullable()
      .meta({
        description:
          '`ended`: the caller hung up; `timeout`: nobody answered; `accepted_elsewhere`: it was answered on the phone or another device; `rejected`: here or there; `unknown`: WhatsApp did not tell.',
        examples: ['rejected'],
      }),
    offeredAt: timeField.meta({ description: 'Since when it rings.' }),
    endedAt: timeField.nullable().meta({ description: 'Since when it rings no more.' }),
    createdAt: timeField,
  })
  .meta({ id: 'Call' });

export function toCall(row: CallRow): z.output<typeof callSchema> {
  return {
    id: row.id,
    deviceId: row.device_id,
    conversationId: row.conversation_id,
    contactId: row.contact_id,
    phone: row.contact_phone,
    video: row.video,
    state: row.state,
    endReason: row.end_reason,
    offeredAt: row.offered_at.toISOString(),
    endedAt: isoOrNull(row.ended_at),
    createdAt: row.created_at.toISOString(),
  };
}
