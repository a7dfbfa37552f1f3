import { z } from 'zod';
import { closePage, openPage } from '../../operations/cursor.ts';
import { defineOperation } from '../../operations/define.ts';
import { idField, listQuery, pageOf, phoneField } from '../../operations/fields.ts';
import { messageSchema, toMessage } from './schemas.ts';
import { MESSAGE_STATUSES } from './status.ts';
import { listMessageRows } from './store.ts';

export const listMessages = defineOperation({
  id: 'messages.list',
  tag: 'Messages',
  summary: 'List messages',
  description:
    'The history of the workspace, inbound and outbound, newest first unless you ask otherwise. Edits and revokes of yours are messages of their own to WhatsApp; they are listed only where `type` asks for them.',
  http: { method: 'GET', path: '/v1/messages', status: 200 },
  scope: 'messages:read',
  roles: ['owner', 'admin', 'agent', 'viewer'],
  perDevice: true,
  query: z.strictObject({
    ...listQuery,
    deviceId: idField('dev', 'Only messages of this device.').optional(),
    conversationId: idField('cnv', 'Only messages of this conversation.').optional(),
    direction: z.enum(['inbound', 'outbound']).optional().meta({ description: 'Only received or only sent ones.' }),
    status: z.enum(MESSAGE_STATUSES).optional().meta({ description: 'Only messages that stand here now.' }),
    type: z
      .string()
      .max(40)
      .optional()
      .meta({ description: 'Only messages of this kind.', examples: ['text'] }),
    clientRef: z.string().max(255).optional().meta({ description: 'Only messages sent with this reference of yours.' }),
    phone: phoneField.optional().meta({ description: 'Only messages with this number.', examples: ['+15551234567'] }),
  }),
  output: pageOf('MessageList', messageSchema),
  errors: [],
  mutates: false,
  async run(ctx, input) {
    const { limit: _limit, cursor: _cursor, order: _order, ...filters } = input;
    const rows = await listMessageRows(ctx.tx, {
      workspaceId: ctx.workspace.id,
      deviceId: filters.deviceId ?? null,
      conversationId: filters.conversationId ?? null,
      direction: filters.direction ?? null,
      status: filters.status ?? null,
      type: filters.type ?? null,
      withChanges: filters.type !== undefined || filters.clientRef !== undefined,
      clientRef: filters.clientRef ?? null,
      phone: filters.phone ?? null,
      page: openPage(input, filters),
    });
    return closePage(rows.map(toMessage), { ...input, filters }, (message) => message.id);
  },
});
