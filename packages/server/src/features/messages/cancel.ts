import { z } from 'zod';
import { defineOperation } from '../../operations/define.ts';
import { pathId } from '../../operations/fields.ts';
import { WapingError } from '../../platform/errors.ts';
import { uncountOutbound } from '../usage/index.ts';
import { messageSchema, toMessage } from './schemas.ts';
import { endMessages } from './status-store.ts';
import { findMessage, lockWaiting, type MessageRow } from './store.ts';

function tooLate(row: MessageRow): WapingError {
  const told = row.direction === 'inbound' ? 'the message was received, not sent' : `the message is ${row.status}`;
  return new WapingError('CONFLICT', `${told}: it can no longer be canceled`, {
    param: 'messageId',
    details: [{ param: 'messageId', message: `status is ${row.status}` }],
  });
}

export const cancelMessage = defineOperation({
  id: 'messages.cancel',
  tag: 'Messages',
  summary: 'Cancel a message that waits',
  description:
    'Takes back a message that is `scheduled`, `queued` or `held`. From `sending` on it may be on the wire: then the answer is 409. What it counted of this month’s quota is given back.',
  http: { method: 'POST', path: '/v1/messages/{messageId}/cancel', status: 200 },
  scope: 'messages:send',
  roles: ['owner', 'admin', 'agent'],
  perDevice: true,
  params: z.strictObject({ messageId: pathId('msg', 'The message.') }),
  output: messageSchema,
  errors: ['NOT_FOUND', 'CONFLICT'],
  mutates: true,
  async run(ctx, input) {
    const workspaceId = ctx.workspace.id;
    // The outbox row first, as a claim takes it: whoever has it decides, and what is read after it stays so.
    const waiting = await lockWaiting(ctx.tx, workspaceId, input.messageId);
    const before = await findMessage(ctx.tx, workspaceId, input.messageId);
    if (!before) throw new WapingError('NOT_FOUND', 'no such message', { param: 'messageId' });
    if (!waiting || !['scheduled', 'queued', 'held'].includes(before.status)) throw tooLate(before);
    await endMessages(ctx.tx, { status: 'canceled', error: null }, [{ id: before.id, workspaceId }]);
    await uncountOutbound(ctx, { deviceId: before.device_id, kind: before.type, countedAt: before.created_at });
    ctx.audit({ before: { status: before.status }, after: { status: 'canceled' } });
    ctx.afterCommit(() => ctx.wake.events());
    const after = await findMessage(ctx.tx, workspaceId, input.messageId);
    return toMessage(after ?? before);
  },
});
