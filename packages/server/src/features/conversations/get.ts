import { z } from 'zod';
import { defineOperation } from '../../operations/define.ts';
import { pathId } from '../../operations/fields.ts';
import { WapingError } from '../../platform/errors.ts';
import { conversationSchema, toConversation } from './schemas.ts';
import { findConversation } from './store.ts';

export const getConversation = defineOperation({
  id: 'conversations.get',
  tag: 'Conversations',
  summary: 'Get a conversation',
  http: { method: 'GET', path: '/v1/conversations/{conversationId}', status: 200 },
  scope: 'conversations:read',
  roles: ['owner', 'admin', 'agent', 'viewer'],
  perDevice: true,
  params: z.strictObject({ conversationId: pathId('cnv', 'The conversation.') }),
  output: conversationSchema,
  errors: ['NOT_FOUND'],
  mutates: false,
  async run(ctx, input) {
    const row = await findConversation(ctx.tx, ctx.workspace.id, input.conversationId);
    if (!row) throw new WapingError('NOT_FOUND', 'no such conversation', { param: 'conversationId' });
    return toConversation(row);
  },
});
