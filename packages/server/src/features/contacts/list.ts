import { z } from 'zod';
import type { OperationContext } from '../../operations/context.ts';
import { closeFound, closePage, openPage, type PageRequest } from '../../operations/cursor.ts';
import { defineOperation } from '../../operations/define.ts';
import { listQuery, pageOf, phoneField } from '../../operations/fields.ts';
import { WapingError } from '../../platform/errors.ts';
import { findContacts, MAX_QUERY } from '../search/index.ts';
import { contactSchema, toContact } from './schemas.ts';
import { listContactRows, listContactsById } from './store.ts';

/** Contacts that are searched for: found in the index, read through the wall. */
async function search(ctx: OperationContext, input: PageRequest & { q: string }, filters: { q: string }) {
  const workspaceId = ctx.workspace.id;
  const found = await findContacts(ctx.tx, { workspaceId, text: input.q, page: openPage(input, filters) });
  const page = closeFound(found, { ...input, filters });
  const rows = await listContactsById(ctx.tx, workspaceId, page.ids);
  const byId = new Map(rows.map((row) => [row.id, toContact(row)]));
  const data = page.ids.flatMap((id) => byId.get(id) ?? []);
  return { data, hasMore: page.hasMore, nextCursor: page.nextCursor };
}

export const listContacts = defineOperation({
  id: 'contacts.list',
  tag: 'Contacts',
  summary: 'List contacts',
  description:
    'All of them, or with `q` those whose names begin with each of its words and whose number holds its digits: `+49 151 2345` and `0151 2345` find the same. A contact is found about a second after it was made or renamed.',
  http: { method: 'GET', path: '/v1/contacts', status: 200 },
  scope: 'contacts:read',
  roles: ['owner', 'admin', 'agent', 'viewer'],
  query: z.strictObject({
    ...listQuery,
    phone: phoneField
      .optional()
      .meta({ description: 'Only the contact with this number.', examples: ['+15551234567'] }),
    q: z
      .string()
      .trim()
      .min(1)
      .max(MAX_QUERY)
      .optional()
      .meta({ description: 'Parts of names or of a number; not together with `phone`.', examples: ['Ada'] }),
  }),
  output: pageOf('ContactList', contactSchema),
  errors: [],
  mutates: false,
  async run(ctx, input) {
    if (input.q !== undefined) {
      if (input.phone !== undefined)
        throw new WapingError('VALIDATION_ERROR', 'q: not together with phone', { param: 'q' });
      return search(ctx, { ...input, q: input.q }, { q: input.q });
    }
    const filters = { phone: input.phone };
    const rows = await listContactRows(ctx.tx, {
      workspaceId: ctx.workspace.id,
      phone: input.phone ?? null,
      page: openPage(input, filters),
    });
    return closePage(rows.map(toContact), { ...input, filters }, (contact) => contact.id);
  },
});
