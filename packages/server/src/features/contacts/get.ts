import { z } from 'zod';
import { defineOperation } from '../../operations/define.ts';
import { pathId } from '../../operations/fields.ts';
import { WapingError } from '../../platform/errors.ts';
import { contactSchema, toContact } from './schemas.ts';
import { findContact } from './store.ts';

export const getContact = defineOperation({
  id: 'contacts.get',
  tag: 'Contacts',
  summary: 'Get a contact',
  http: { method: 'GET', path: '/v1/contacts/{contactId}', status: 200 },
  scope: 'contacts:read',
  roles: ['owner', 'admin', 'agent', 'viewer'],
  params: z.strictObject({ contactId: pathId('con', 'The contact.') }),
  output: contactSchema,
  errors: ['NOT_FOUND'],
  mutates: false,
  async run(ctx, input) {
    const row = await findContact(ctx.tx, ctx.workspace.id, input.contactId);
    if (!row) throw new WapingError('NOT_FOUND', 'no such contact', { param: 'contactId' });
    return toContact(row);
  },
});
