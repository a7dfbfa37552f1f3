import type { Address } from '../../engine/port.ts';
import type { Queryable } from '../../platform/db/port.ts';
import { findSentRow, type SentRow } from './sent-store.ts';

/** Countries whose numbers have two forms, which differ between their code and their last eight digits. */
const TWO_FORMS = ['+52', '+54', '+55'];
const SAME_DIGITS = 8;

const isSameNumber = (one: string, other: string): boolean =>
  one === other ||
  (TWO_FORMS.some((code) => one.startsWith(code) && other.startsWith(code)) &&
    one.slice(-SAME_DIGITS) === other.slice(-SAME_DIGITS));

/**
 * Whether the chat of a message may be the one that asks for it again. Of two people it is told apart by names both have:
 * where none can be compared they may be one, and who could not open a message must not be refused it.
 */
function mayHave(row: SentRow, asker: Address): boolean {
  if (asker.kind !== row.kind) return false;
  if (asker.kind === 'group') return asker.id === row.group_id;
  if (asker.kind === 'status') return true;
  const { phone, lid, asker_phone: askerPhone, asker_lid: askerLid } = row;
  const byPhone = phone === null || askerPhone === null ? null : isSameNumber(phone, askerPhone);
  const byLid = lid === null || askerLid === null ? null : lid === askerLid;
  return byPhone === true || byLid === true || (byPhone === null && byLid === null);
}

/**
 * The body of a message this device sent, by WhatsApp's id, for the chat it went to, which asks for it again. Null where
 * there is none, and for another chat: the id alone is no secret.
 */
export async function findSentContent(
  db: Queryable,
  key: { workspaceId: string; deviceId: string; waId: string },
  asker: Address,
): Promise<SentRow | null> {
  const names = asker.kind === 'person' ? asker : { phone: undefined, lid: undefined };
  const row = await findSentRow(db, key, { phone: names.phone ?? null, lid: names.lid ?? null });
  return row && mayHave(row, asker) ? row : null;
}
