import { z } from 'zod';
import { closePage, openPage } from '../../operations/cursor.ts';
import { defineOperation } from '../../operations/define.ts';
import { idField, listQuery, pageOf, pathId } from '../../operations/fields.ts';
import { WapingError } from '../../platform/errors.ts';
import { CALL_STATES, callSchema, toCall } from './schemas.ts';
import { findCall, listCallRows } from './store.ts';

export const listCalls = defineOperation({
  id: 'calls.list',
  tag: 'Calls',
  summary: 'List calls',
  description: 'Calls to your accounts: WhatsApp tells that they ring and that they end, not what is said in them.',
  http: { method: 'GET', path: '/v1/calls', status: 200 },
  scope: 'calls:read',
  roles: ['owner', 'admin', 'agent', 'viewer'],
  perDevice: true,
  query: z.strictObject({
    ...listQuery,
    deviceId: idField('dev', 'Only calls to this device.').optional(),
    conversationId: idField('cnv', 'Only calls of this chat.').optional(),
    state: z
      .enum(CALL_STATES)
      .optional()
      .meta({ description: 'Only calls in this state.', examples: ['offered'] }),
  }),
  output: pageOf('CallList', callSchema),
  errors: [],
  mutates: false,
  async run(ctx, input) {
    const { deviceId, conversationId, state } = input;
    const filters = { deviceId, conversationId, state };
    const rows = await listCallRows(ctx.tx, {
      workspaceId: ctx.workspace.id,
      deviceId: deviceId ?? null,
      conversationId: conversationId ?? null,
      state: state ?? null,
      page: openPage(input, filters),
    });
    return closePage(rows.map(toCall), { ...input, filters }, (call) => call.id);
  },
});

export const getCall = defineOperation({
  id: 'calls.get',
  tag: 'Calls',
  summary: 'Get a call',
  http: { method: 'GET', path: '/v1/calls/{callId}', status: 200 },
  scope: 'calls:read',
  roles: ['owner', 'admin', 'agent', 'viewer'],
  perDevice: true,
  params: z.strictObject({ callId: pathId('call', 'The call.') }),
  output: callSchema,
  errors: ['NOT_FOUND'],
  mutates: false,
  async run(ctx, input) {
    const row = await findCall(ctx.tx, ctx.workspace.id, input.callId);
    if (!row) throw new WapingError('NOT_FOUND', 'no such call', { param: 'callId' });
    return toCall(row);
  },
});
