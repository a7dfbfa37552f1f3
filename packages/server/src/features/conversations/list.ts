import { z } from 'zod';
import { closePage, openPage } from '../../operations/cursor.ts';
import { defineOperation } from '../../operations/define.ts';
import { idField, listQuery, pageOf } from '../../operations/fields.ts';
import { conversationSchema, toConversation } from './schemas.ts';
import { listConversationRows } from './store.ts';

export const listConversations = defineOperation({
  id: 'conversations.list',
  tag: 'Conversations',
  summary: 'List conversations',
  http: { method: 'GET', path: '/v1/conversations', status: 200 },
  scope: 'conversations:read',
  roles: ['owner', 'admin', 'agent', 'viewer'],
  perDevice: true,
  query: z.strictObject({ ...listQuery, deviceId: idField('dev', 'Only chats of this device.').optional() }),
  output: pageOf('ConversationList', conversationSchema),
  errors: [],
  mutates: false,
  async run(ctx, input) {
    const filters = { deviceId: input.deviceId };
    const rows = await listConversationRows(ctx.tx, {
      workspaceId: ctx.workspace.id,
      deviceId: input.deviceId ?? null,
      page: openPage(input, filters),
    });
    return closePage(rows.map(toConversation), { ...input, filters }, (conversation) => conversation.id);
  },
});
