import { z } from 'zod';
import type { NumberFact } from '../../engine/asks.ts';
import type { OperationContext } from '../../operations/context.ts';
import { defineOperation } from '../../operations/define.ts';
import { pathId, phoneField, timeField } from '../../operations/fields.ts';
import { learnNumbers } from '../contacts/index.ts';
import { askWhatsApp, requireDevice } from '../devices/index.ts';
import { type CheckRow, findChecks, forgetChecks, saveChecks } from './store.ts';

const KEPT_MS = 24 * 3_600_000;
const MAX_PHONES = 100;

const resultSchema = z
  .object({
    phone: phoneField.meta({ description: 'The number as you asked for it.' }),
    exists: z.boolean().meta({ description: 'Whether it has a WhatsApp account.', examples: [true] }),
    canonicalPhone: z
      .string()
      .nullable()
      .meta({
        description:
          'The number as WhatsApp knows it. It differs where a country’s numbers have two forms (Brazil, Mexico, Argentina): keep this one.',
        examples: ['+15551234567'],
      }),
    lid: z
      .string()
      .nullable()
      .meta({ description: 'WhatsApp’s privacy-preserving number of the account, where told.' }),
    checkedAt: timeField.meta({ description: 'When WhatsApp said so.' }),
  })
  .meta({ id: 'NumberCheck' });

function toResult(row: CheckRow): z.output<typeof resultSchema> {
  return {
    phone: row.phone,
    exists: row.on_whatsapp,
    canonicalPhone: row.canonical,
    lid: row.lid,
    checkedAt: row.checked_at.toISOString(),
  };
}

const toRow = (fact: NumberFact, now: Date): CheckRow => ({
  phone: fact.phone,
  on_whatsapp: fact.exists,
  canonical: fact.exists ? (fact.canonicalPhone ?? fact.phone) : null,
  lid: fact.lid ?? null,
  checked_at: now,
});

/** What the cache knows and what WhatsApp was asked. */
interface Answer {
  network: string;
  known: CheckRow[];
  fresh: CheckRow[];
}

async function ask(ctx: OperationContext, input: { deviceId: string; phones: string[] }): Promise<Answer> {
  const { network } = await requireDevice(ctx, input.deviceId);
  const phones = [...new Set(input.phones)];
  const since = new Date(ctx.now.getTime() - KEPT_MS);
  const known = await findChecks(ctx.tx, { workspaceId: ctx.workspace.id, network, phones, since });
  const unknown = phones.filter((phone) => !known.some((row) => row.phone === phone));
  if (unknown.length === 0) return { network, known, fresh: [] };
  const facts = await askWhatsApp(ctx, input.deviceId, { name: 'numbers', input: { phones: unknown } });
  return { network, known, fresh: facts.map((fact) => toRow(fact, ctx.now)) };
}

export const checkNumbers = defineOperation({
  id: 'devices.checkNumbers',
  tag: 'Devices',
  summary: 'Are these numbers on WhatsApp?',
  description:
    'Asks WhatsApp over this device and keeps the answers for 24 hours for the whole workspace; what is kept is answered without asking, also while the device is away. A number’s canonical form is learnt: a contact under the other form gets it, and messages to either go to the same chat. A device may ask about 300 numbers at once and 100 a minute after that; more is RATE_LIMITED, because accounts that probe numbers get banned. No message needs a check before it.',
  http: { method: 'POST', path: '/v1/devices/{deviceId}/number-checks', status: 200 },
  scope: 'contacts:write',
  roles: ['owner', 'admin', 'agent'],
  perDevice: true,
  params: z.strictObject({ deviceId: pathId('dev', 'The device to ask over.') }),
  body: z
    .strictObject({
      phones: z
        .array(phoneField)
        .min(1)
        .max(MAX_PHONES)
        .meta({ description: `1 to ${MAX_PHONES} numbers.`, examples: [['+15551234567']] }),
    })
    .meta({ id: 'CheckNumbers' }),
  output: z
    .object({ data: z.array(resultSchema).meta({ description: 'In the order asked, each number once.' }) })
    .meta({ id: 'NumberChecks' }),
  errors: ['NOT_FOUND', 'SESSION_DISCONNECTED', 'CONFLICT', 'RATE_LIMITED', 'SERVICE_UNAVAILABLE'],
  mutates: true,
  wire: ask,
  async run(ctx, input, { network, known, fresh }) {
    const workspaceId = ctx.workspace.id;
    if (fresh.length > 0) {
      await saveChecks(ctx.write, { workspaceId, network }, fresh);
      await learnNumbers(ctx, fresh);
    }
    await forgetChecks(ctx.write, workspaceId, new Date(ctx.now.getTime() - KEPT_MS));
    const rows = new Map([...known, ...fresh].map((row) => [row.phone, row]));
    return { data: [...new Set(input.phones)].flatMap((phone) => rows.get(phone) ?? []).map(toResult) };
  },
});
