import { z } from 'zod';
import { defineOperation } from '../../operations/define.ts';
import { requirePhone, requireSandbox } from './require.ts';
import { phoneParams } from './schemas.ts';

const linked = z
  .object({ companion: z.number().int().meta({ description: 'WhatsApp’s number of the new linked device.' }) })
  .meta({ id: 'SandboxLink' });
const answer = z.object({ device: z.number() });

// Acts on the simulated network, not on rows of ours: no transaction is open meanwhile.
const base = {
  tag: 'Sandbox',
  scope: 'sandbox:write',
  roles: ['owner', 'admin', 'agent'],
  params: phoneParams,
  output: linked,
  errors: ['NOT_FOUND', 'CONFLICT', 'SERVICE_UNAVAILABLE'],
  mutates: false,
} as const;

export const scanQr = defineOperation({
  ...base,
  id: 'sandbox.scan',
  summary: 'Let a simulated phone scan a QR code',
  http: { method: 'POST', path: '/v1/sandbox/phones/{phone}/scan', status: 200 },
  body: z
    .strictObject({
      qr: z.string().min(10).max(2000).meta({ description: 'Text of the QR, from `GET /v1/devices/{deviceId}/qr`.' }),
    })
    .meta({ id: 'ScanQr' }),
  async run(ctx, input) {
    await requirePhone(ctx, input.phone);
    const reply = await requireSandbox(ctx).call('phones.scan', { number: input.phone, qr: input.qr });
    return { companion: answer.parse(reply).device };
  },
});

export const typeCode = defineOperation({
  ...base,
  id: 'sandbox.typeCode',
  summary: 'Let a simulated phone type a pairing code',
  http: { method: 'POST', path: '/v1/sandbox/phones/{phone}/type-code', status: 200 },
  body: z
    .strictObject({
      code: z
        .string()
        .min(8)
        .max(9)
        .meta({ description: 'The code, from `GET /v1/devices/{deviceId}/link`.', examples: ['ABCD-1234'] }),
    })
    .meta({ id: 'TypeCode' }),
  async run(ctx, input) {
    await requirePhone(ctx, input.phone);
    const reply = await requireSandbox(ctx).call('phones.code', { number: input.phone, code: input.code });
    return { companion: answer.parse(reply).device };
  },
});
