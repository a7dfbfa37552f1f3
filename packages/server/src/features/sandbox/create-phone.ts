import { z } from 'zod';
import { defineOperation } from '../../operations/define.ts';
import { phoneField } from '../../operations/fields.ts';
import { WapingError } from '../../platform/errors.ts';
import { requireSandbox } from './require.ts';
import { phoneSchema, toPhone } from './schemas.ts';
import { claimPhone } from './store.ts';

export const createPhone = defineOperation({
  id: 'sandbox.createPhone',
  tag: 'Sandbox',
  summary: 'Create a simulated phone',
  description:
    'A WhatsApp account on the simulated network. Link devices to it, or let it play your customer. Creating it again changes its behaviour.',
  http: { method: 'POST', path: '/v1/sandbox/phones', status: 201 },
  scope: 'sandbox:write',
  roles: ['owner', 'admin', 'agent'],
  body: z
    .strictObject({
      phone: phoneField,
      name: z
        .string()
        .trim()
        .min(1)
        .max(80)
        .default('Sandbox phone')
        .meta({ description: 'Name it shows to others.', examples: ['Ada'] }),
      autoRead: z.boolean().default(false).meta({ description: 'Reads every message at once.' }),
      autoReply: z
        .string()
        .min(1)
        .max(1000)
        .nullable()
        .default(null)
        .meta({ description: 'Answers every message with this text.' }),
    })
    .meta({ id: 'CreateSandboxPhone' }),
  output: phoneSchema,
  errors: ['NOT_FOUND', 'CONFLICT', 'SERVICE_UNAVAILABLE'],
  idempotent: true,
  mutates: true,
  location: (phone) => `/v1/sandbox/phones/${phone.phone}`,
  auditTarget: ({ output }) => ({ kind: 'phone', id: output.phone }),
  async run(ctx, input) {
    const sandbox = requireSandbox(ctx);
    const row = await claimPhone(ctx.tx, { workspaceId: ctx.workspace.id, phone: input.phone, name: input.name });
    if (!row) throw new WapingError('CONFLICT', 'this number is taken; choose another', { param: 'phone' });
    // Making the account twice is harmless, so it may happen before the commit.
    await sandbox.call('accounts.create', {
      number: input.phone,
      name: input.name,
      auto: { read: input.autoRead, reply: input.autoReply },
    });
    return toPhone(row);
  },
});
