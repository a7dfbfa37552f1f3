import { z } from 'zod';
import { defineOperation } from '../../operations/define.ts';
import { phoneField } from '../../operations/fields.ts';
import { requirePhone, requireSandbox } from './require.ts';
import { phoneParams } from './schemas.ts';

const stateField = z
  .enum(['composing', 'recording', 'paused'])
  .meta({ description: 'Writing, recording a voice message, or neither any more.', examples: ['composing'] });

export const typeOnPhone = defineOperation({
  id: 'sandbox.typing',
  tag: 'Sandbox',
  summary: 'Let a simulated phone type or record',
  description: 'A device that follows the phone’s presence tells of it.',
  http: { method: 'POST', path: '/v1/sandbox/phones/{phone}/typing', status: 200 },
  scope: 'sandbox:write',
  roles: ['owner', 'admin', 'agent'],
  params: phoneParams,
  body: z
    .strictObject({
      to: phoneField.meta({ description: 'To whom: the number your device is linked to.' }),
      state: stateField,
    })
    .meta({ id: 'TypeOnPhone' }),
  output: z.object({ state: stateField }).meta({ id: 'SandboxTyping' }),
  errors: ['NOT_FOUND', 'CONFLICT', 'SERVICE_UNAVAILABLE'],
  mutates: false,
  async run(ctx, { phone, to, state }) {
    await requirePhone(ctx, phone);
    await requireSandbox(ctx).call('phones.chatstate', { number: phone, to: to.slice(1), state });
    return { state };
  },
});
