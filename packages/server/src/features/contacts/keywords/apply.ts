import { SYSTEM } from '../../../operations/audit/entry.ts';
import { recordAudit } from '../../../operations/audit/record.ts';
import type { Queryable } from '../../../platform/db/port.ts';
import { recordEvents } from '../../events/index.ts';
import { toContact } from '../schemas.ts';
import { clearOptOut, setOptOut } from '../store.ts';
import { matchConsent } from './match.ts';

/** A text a contact wrote in its own chat. */
export interface Heard {
  workspaceId: string;
  deviceId: string;
  contactId: string;
  messageId: string;
  text: string;
  /** What its workspace set of the words, as its row has it. */
  words: unknown;
}

/**
 * Opts contacts out, or in again, that said so in words of their own, each with its event and its audit row. Returns how
 * many changed. Nothing is sent in answer. What was opted out through the API stays so: its reason is not known here, and
 * words that opt in are common ones.
 */
export async function applyConsentWords(tx: Queryable, heard: readonly Heard[], now: Date): Promise<number> {
  let changed = 0;
  for (const { workspaceId, contactId, messageId, text, words } of heard) {
    const match = matchConsent(text, words);
    if (!match) continue;
    const { consent, keyword } = match;
    const contact = { workspaceId, id: contactId, at: now };
    const row =
      consent === 'out'
        ? await setOptOut(tx, { ...contact, reason: 'keyword', keyword })
        : await clearOptOut(tx, { ...contact, reason: 'keyword' });
    if (!row) continue;
    changed += 1;
    const type = consent === 'out' ? 'contact.opted_out' : 'contact.opted_in';
    const data = { contact: toContact(row), reason: 'keyword', keyword, messageId };
    await recordEvents(tx, [{ workspaceId, deviceId: null, subjectId: contactId, type, data }]);
    await recordAudit(tx, [
      {
        workspaceId,
        actor: SYSTEM,
        action: consent === 'out' ? 'contacts.optOut' : 'contacts.optIn',
        target: { kind: 'contact', id: contactId },
        change: { after: { reason: 'keyword', keyword, messageId } },
        address: null,
        requestId: null,
      },
    ]);
  }
  return changed;
}
