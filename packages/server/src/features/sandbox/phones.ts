import { z } from 'zod';
import { closePage, openPage } from '../../operations/cursor.ts';
import { defineOperation } from '../../operations/define.ts';
import { listQuery, pageOf } from '../../operations/fields.ts';
import { requirePhone } from './require.ts';
import { phoneParams, phoneSchema, toPhone } from './schemas.ts';
import { listPhoneRows } from './store.ts';

export const listPhones = defineOperation({
  id: 'sandbox.listPhones',
  tag: 'Sandbox',
  summary: 'List simulated phones',
  http: { method: 'GET', path: '/v1/sandbox/phones', status: 200 },
  scope: 'sandbox:read',
  roles: ['owner', 'admin', 'agent', 'viewer'],
  query: z.strictObject(listQuery),
  output: pageOf('SandboxPhoneList', phoneSchema),
  errors: [],
  mutates: false,
  async run(ctx, input) {
    const rows = await listPhoneRows(ctx.tx, ctx.workspace.id, openPage(input, {}));
    return closePage(rows.map(toPhone), { ...input, filters: {} }, (phone) => phone.phone);
  },
});

export const getPhone = defineOperation({
  id: 'sandbox.getPhone',
  tag: 'Sandbox',
  summary: 'Get a simulated phone',
  http: { method: 'GET', path: '/v1/sandbox/phones/{phone}', status: 200 },
  scope: 'sandbox:read',
  roles: ['owner', 'admin', 'agent', 'viewer'],
  params: phoneParams,
  output: phoneSchema,
  errors: ['NOT_FOUND'],
  mutates: false,
  run: async (ctx, input) => toPhone(await requirePhone(ctx, input.phone)),
});
