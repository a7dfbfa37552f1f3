import { z } from 'zod';
import type { OperationContext } from '../../operations/context.ts';
import { defineOperation } from '../../operations/define.ts';
import { pathId } from '../../operations/fields.ts';
import { WapingError } from '../../platform/errors.ts';
import { findContact } from '../contacts/index.ts';
import { jobLocation, jobSchema, startJob } from '../jobs/index.ts';

const params = z.strictObject({ contactId: pathId('con', 'The contact.') });

async function requireContact(ctx: OperationContext, id: string): Promise<void> {
  if (!(await findContact(ctx.tx, ctx.workspace.id, id))) {
    throw new WapingError('NOT_FOUND', 'no such contact', { param: 'contactId' });
  }
}

export const exportContact = defineOperation({
  id: 'contacts.export',
  tag: 'Contacts',
  summary: 'Export everything about a contact',
  description:
    'A job that gathers the contact, its conversations, messages in and out, and their events. Fetch the outcome at `resultUrl` within seven days. Asked again while it runs, it answers the same job.',
  http: { method: 'POST', path: '/v1/contacts/{contactId}/export', status: 202 },
  scope: 'contacts:export',
  roles: ['owner', 'admin'],
  params,
  output: jobSchema,
  errors: ['NOT_FOUND', 'CONFLICT'],
  idempotent: true,
  rateClass: 'export',
  mutates: true,
  location: jobLocation,
  async run(ctx, { contactId }) {
    await requireContact(ctx, contactId);
    const singleKey = `contact.export/${contactId}`;
    return startJob(ctx, { kind: 'contact.export', input: { contactId }, singleKey, cancelable: true });
  },
});

export const eraseContact = defineOperation({
  id: 'contacts.erase',
  tag: 'Contacts',
  summary: 'Erase a contact',
  description:
    'A job that ends what waits to be sent to the contact and deletes it with its conversations, its messages in and out, and its Signal keys; events about it keep their place in the log and lose their data; exports that hold it are withdrawn. `contact.erased` tells your systems to do the same. It cannot be taken back. Someone who writes again is a new contact.',
  http: { method: 'POST', path: '/v1/contacts/{contactId}/erase', status: 202 },
  scope: 'contacts:erase',
  roles: ['owner', 'admin'],
  params,
  output: jobSchema,
  errors: ['NOT_FOUND', 'CONFLICT'],
  idempotent: true,
  mutates: true,
  location: jobLocation,
  async run(ctx, { contactId }) {
    await requireContact(ctx, contactId);
    const singleKey = `contact.erase/${contactId}`;
    return startJob(ctx, { kind: 'contact.erase', input: { contactId }, singleKey, cancelable: false });
  },
});
