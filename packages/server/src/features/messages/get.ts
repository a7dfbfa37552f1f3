import { z } from 'zod';
import { defineOperation } from '../../operations/define.ts';
import { pathId } from '../../operations/fields.ts';
import { WapingError } from '../../platform/errors.ts';
import { listReceipts } from './receipt-store.ts';
import { messageDetailSchema, toReceipt } from './receipts.ts';
import { toMessage } from './schemas.ts';
import { findMessage } from './store.ts';

export const getMessage = defineOperation({
  id: 'messages.get',
  tag: 'Messages',
  summary: 'Get a message',
  http: { method: 'GET', path: '/v1/messages/{messageId}', status: 200 },
  scope: 'messages:read',
  roles: ['owner', 'admin', 'agent', 'viewer'],
  perDevice: true,
  params: z.strictObject({ messageId: pathId('msg', 'The message.') }),
  output: messageDetailSchema,
  errors: ['NOT_FOUND'],
  mutates: false,
  async run(ctx, input) {
    const row = await findMessage(ctx.tx, ctx.workspace.id, input.messageId);
    if (!row) throw new WapingError('NOT_FOUND', 'no such message', { param: 'messageId' });
    const receipts = row.direction === 'outbound' ? await listReceipts(ctx.tx, ctx.workspace.id, row.id) : [];
    return { ...toMessage(row), receipts: receipts.map(toReceipt) };
  },
});
