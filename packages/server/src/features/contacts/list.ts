import { z } from 'zod';
import { closePage, openPage } from '../../operations/cursor.ts';
import { defineOperation } from '../../operations/define.ts';
import { listQuery, pageOf, phoneField } from '../../operations/fields.ts';
import { contactSchema, toContact } from './schemas.ts';
import { listContactRows } from './store.ts';

export const listContacts = defineOperation({
  id: 'contacts.list',
  tag: 'Contacts',
  summary: 'List contacts',
  http: { method: 'GET', path: '/v1/contacts', status: 200 },
  scope: 'contacts:read',
  roles: ['owner', 'admin', 'agent', 'viewer'],
  query: z.strictObject({
    ...listQuery,
    phone: phoneField
      .optional()
      .meta({ description: 'Only the contact with this number.', examples: ['+15551234567'] }),
  }),
  output: pageOf('ContactList', contactSchema),
  errors: [],
  mutates: false,
  async run(ctx, input) {
    const filters = { phone: input.phone };
    const rows = await listContactRows(ctx.tx, {
      workspaceId: ctx.workspace.id,
      phone: input.phone ?? null,
      page: openPage(input, filters),
    });
    return closePage(rows.map(toContact), { ...input, filters }, (contact) => contact.id);
  },
});
