import { z } from 'zod';
import { isoOrNull, shownIdOrNull, timeField } from '../../operations/fields.ts';
import type { Queryable } from '../../platform/db/port.ts';
import type { ReportOfDevice } from './apply-reports.ts';
import { isPerson } from './place.ts';
import { foldReceipts, insertReceipts, type NewReceipt, type ReceiptRow } from './receipt-store.ts';
import { messageSchema } from './schemas.ts';

const STEPS: ReadonlySet<string> = new Set(['delivered', 'read', 'played']);

const isStep = (status: string): status is NewReceipt['status'] => STEPS.has(status);

/** Notes what members of groups and viewers of status updates did with messages. `db` may be one that only gathers. */
export async function noteReceipts(db: Queryable, reports: readonly ReportOfDevice[]): Promise<void> {
  const rows = reports.flatMap(({ workspaceId, deviceId, waId, status, at, participant, toMany }) => {
    if (!toMany || !participant || !isPerson(participant) || !isStep(status)) return [];
    const { phone = null, lid = null } = participant;
    return [{ workspaceId, deviceId, waId, phone, lid, status, at: new Date(at) }];
  });
  if (rows.length === 0) return;
  await insertReceipts(db, rows);
  // A receipt that names both is how the number behind a LID is learnt.
  const learnt = new Map(
    rows.flatMap(({ workspaceId, phone, lid }) =>
      phone === null || lid === null ? [] : [[`${workspaceId}/${lid}`, { workspaceId, phone, lid }] as const],
    ),
  );
  if (learnt.size > 0) await foldReceipts(db, [...learnt.values()]);
}

const receiptSchema = z.object({
  contactId: shownIdOrNull('con', 'Who it is, where it is a contact.'),
  phone: z
    .string()
    .nullable()
    .meta({ description: 'Its number, when known.', examples: ['+15551234567'] }),
  lid: z.string().nullable().meta({ description: 'Its LID, where the number is not known.' }),
  deliveredAt: timeField.nullable().meta({ description: 'When it was on their phone.' }),
  readAt: timeField.nullable().meta({ description: 'When they read it.' }),
  playedAt: timeField.nullable().meta({ description: 'When they played it.' }),
});

const LID = '@lid';

export function toReceipt(row: ReceiptRow): z.output<typeof receiptSchema> {
  const lid = row.participant.endsWith(LID) ? row.participant.slice(0, -LID.length) : null;
  return {
    contactId: row.contact_id,
    phone: lid === null ? row.participant : null,
    lid,
    deliveredAt: isoOrNull(row.delivered_at),
    readAt: isoOrNull(row.read_at),
    playedAt: isoOrNull(row.played_at),
  };
}

/** A message with what each member of its group, or each viewer, did with it. */
export const messageDetailSchema = messageSchema
  .extend({
    receipts: z.array(receiptSchema).meta({
      description:
        'For a message of yours to a group, and a status update: what each who got it did with it, who read it first before the others.',
    }),
  })
  .meta({ id: 'MessageDetail' });
