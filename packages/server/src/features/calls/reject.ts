import { z } from 'zod';
import type { OperationContext } from '../../operations/context.ts';
import { defineOperation } from '../../operations/define.ts';
import { pathId } from '../../operations/fields.ts';
import { WapingError } from '../../platform/errors.ts';
import { askWhatsApp } from '../devices/index.ts';
import { endCalls } from './record.ts';
import { type CallRow, callSchema, toCall } from './schemas.ts';
import { findCall } from './store.ts';

async function requireCall(ctx: OperationContext, callId: string): Promise<CallRow> {
  const row = await findCall(ctx.tx, ctx.workspace.id, callId);
  if (!row) throw new WapingError('NOT_FOUND', 'no such call', { param: 'callId' });
  return row;
}

export const rejectCall = defineOperation({
  id: 'calls.reject',
  tag: 'Calls',
  summary: 'Reject a call',
  description:
    'It stops ringing, on the account’s phone too. A call that rings no more answers CONFLICT. A device that is to take no calls at all has the setting `rejectCalls`.',
  http: { method: 'POST', path: '/v1/calls/{callId}/reject', status: 200 },
  scope: 'calls:write',
  roles: ['owner', 'admin', 'agent'],
  perDevice: true,
  params: z.strictObject({ callId: pathId('call', 'The call.') }),
  output: callSchema,
  errors: ['NOT_FOUND', 'SESSION_DISCONNECTED', 'CONFLICT', 'SERVICE_UNAVAILABLE'],
  mutates: true,
  async wire(ctx, input) {
    const row = await requireCall(ctx, input.callId);
    if (row.state === 'ended') throw new WapingError('CONFLICT', 'this call rings no more', { param: 'callId' });
    await askWhatsApp(ctx, row.device_id, { name: 'rejectCall', input: { callId: row.wa_id, caller: row.caller } });
    return row;
  },
  async run(ctx, input, row) {
    const { workspace_id: workspaceId, device_id: deviceId, wa_id: waId } = row;
    const [ended] = await endCalls(ctx.tx, [{ workspaceId, deviceId, waId, reason: 'rejected', at: ctx.now }]);
    ctx.afterCommit(() => ctx.wake.events());
    // WhatsApp may have told of its end meanwhile.
    return toCall(ended ?? (await requireCall(ctx, input.callId)));
  },
});
