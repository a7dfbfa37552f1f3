import { z } from 'zod';
import type { OperationContext } from '../../operations/context.ts';
import { defineOperation } from '../../operations/define.ts';
import { pathId } from '../../operations/fields.ts';
import { WapingError } from '../../platform/errors.ts';
import { recordEvents } from '../events/index.ts';
import { contactSchema, toContact } from './schemas.ts';
import { type ContactRow, clearOptOut, findContact, setOptOut } from './store.ts';

const base = {
  tag: 'Contacts',
  scope: 'contacts:write',
  roles: ['owner', 'admin', 'agent'],
  params: z.strictObject({ contactId: pathId('con', 'The contact.') }),
  output: contactSchema,
  errors: ['NOT_FOUND'],
  mutates: true,
} as const;

// Null means that the contact already stood so: then nothing has changed, and there is nothing to tell.
async function changed(ctx: OperationContext, contactId: string, to: { row: ContactRow | null; type: string }) {
  if (!to.row) {
    const row = await findContact(ctx.tx, ctx.workspace.id, contactId);
    if (!row) throw new WapingError('NOT_FOUND', 'no such contact', { param: 'contactId' });
    return toContact(row);
  }
  const contact = toContact(to.row);
  await recordEvents(ctx.write, [
    { workspaceId: ctx.workspace.id, deviceId: null, subjectId: contact.id, type: to.type, data: { contact } },
  ]);
  ctx.afterCommit(() => ctx.wake.events());
  return contact;
}

export const optOutContact = defineOperation({
  ...base,
  id: 'contacts.optOut',
  summary: 'Opt a contact out',
  description:
    'From now on sends to the contact are refused with RECIPIENT_OPTED_OUT unless they are marked `transactional`, and what still waits fails with that code when its turn comes. Repeating it changes nothing.',
  http: { method: 'POST', path: '/v1/contacts/{contactId}/opt-out', status: 200 },
  async run(ctx, input) {
    const contact = { workspaceId: ctx.workspace.id, id: input.contactId, at: ctx.now };
    const row = await setOptOut(ctx.tx, { ...contact, reason: 'api', keyword: null });
    return changed(ctx, input.contactId, { row, type: 'contact.opted_out' });
  },
});

export const optInContact = defineOperation({
  ...base,
  id: 'contacts.optIn',
  summary: 'Opt a contact in again',
  description: 'Lifts an opt-out, on the person’s own word. Repeating it changes nothing.',
  http: { method: 'POST', path: '/v1/contacts/{contactId}/opt-in', status: 200 },
  async run(ctx, input) {
    const contact = { workspaceId: ctx.workspace.id, id: input.contactId, at: ctx.now };
    const row = await clearOptOut(ctx.tx, { ...contact, reason: null });
    return changed(ctx, input.contactId, { row, type: 'contact.opted_in' });
  },
});
