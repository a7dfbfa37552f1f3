import { z } from 'zod';
import type { OperationContext } from '../../operations/context.ts';
import { defineOperation } from '../../operations/define.ts';
import { shownIdOrNull } from '../../operations/fields.ts';
import { WapingError } from '../../platform/errors.ts';
import { recordEvents } from '../events/index.ts';
import { type BatchItem, prepareBatch } from './batch-items.ts';
import { messageEvent } from './events.ts';
import { prepareSends } from './media/prepare-batch.ts';
import { mayNeedPreparation, type Prepared, recordShown, type Showing } from './media/send.ts';
import { isUrgent } from './priority.ts';
import { sendBody } from './schemas.ts';
import { accepted, rowOf, TRANSACTIONAL } from './send.ts';
import { MESSAGE_STATUSES } from './status.ts';
import { insertOutbounds } from './store.ts';
import { withTemplates } from './templates/resolve.ts';

/** Messages in one batch. */
const MAX_BATCH = 1_000;

const resultSchema = z
  .object({
    index: z
      .number()
      .int()
      .meta({ description: 'Which of your messages, from 0.', examples: [0] }),
    id: shownIdOrNull('msg', 'The message, where it was accepted.'),
    status: z
      .enum(MESSAGE_STATUSES)
      .nullable()
      .meta({ description: 'Where it stands, where it was accepted.', examples: ['queued'] }),
    clientRef: z.string().nullable().meta({ description: 'Your own reference.' }),
    error: z
      .object({
        code: z.string().meta({ description: 'As in the error envelope.', examples: ['NOT_FOUND'] }),
        message: z.string().meta({ description: 'For people; may change.' }),
        param: z
          .string()
          .nullable()
          .meta({ description: 'Field of the message it is about.', examples: ['to'] }),
        retryable: z.boolean().meta({ description: 'Whether the same again may work.', examples: [false] }),
        docs: z.string().meta({ description: 'Where the code is explained.', examples: ['/docs/errors#NOT_FOUND'] }),
        details: z
          .array(
            z.object({
              param: z.string().meta({ description: 'Which field.', examples: ['to'] }),
              message: z.string().meta({ description: 'What is wrong with it.' }),
            }),
          )
          .meta({ description: 'Every finding, with the field it is about.' }),
      })
      .nullable()
      .meta({ description: 'Why it was refused; null where it was accepted.' }),
  })
  .meta({ id: 'BatchResult' });

const outputSchema = z
  .object({
    accepted: z
      .number()
      .int()
      .meta({ description: 'How many were accepted.', examples: [1] }),
    refused: z
      .number()
      .int()
      .meta({ description: 'How many were refused.', examples: [0] }),
    data: z.array(resultSchema).meta({ description: 'One for each message, in your order.' }),
  })
  .meta({ id: 'BatchSent' });

const bodySchema = z
  .strictObject({
    messages: z
      .array(sendBody)
      .min(1)
      .max(MAX_BATCH)
      .meta({ description: `The messages, each as for \`POST /v1/messages\`; at most ${MAX_BATCH}.` }),
  })
  .meta({
    id: 'SendBatch',
    examples: [
      {
        messages: [
          {
            deviceId: 'dev_01jd8k3v5q7w9x2y4z6a8b0c1d',
            to: '+15551234567',
            type: 'text',
            text: { body: 'Your order #12345 is confirmed.' },
            priority: 'bulk',
          },
        ],
      },
    ],
  });

type Result = z.output<typeof resultSchema>;

function refusal(index: number, clientRef: string | null, error: WapingError): Result {
  const { code, message, param, retryable, details } = error;
  const docs = `/docs/errors#${code}`;
  const shown = { code, message, param: param ?? null, retryable, docs, details };
  return { index, id: null, status: null, clientRef, error: shown };
}

/** Writes what was accepted, in order, and answers for each item. */
async function write(ctx: OperationContext, items: readonly BatchItem[]): Promise<Result[]> {
  const showing: Showing[] = [];
  const written = items.map(({ input, place, error, prepared }, index) => {
    if (place === null || error !== null) {
      const why = error ?? new WapingError('SERVER_ERROR', 'it was not judged');
      return { result: refusal(index, input.clientRef ?? null, why), message: null, row: null };
    }
    const message = accepted(ctx, input, place);
    const { id, status, clientRef } = message;
    const { media } = place.content;
    if (media) showing.push({ deviceId: input.deviceId, messageId: id, media, prepared: prepared.media });
    return { result: { index, id, status, clientRef, error: null }, message, row: rowOf(ctx, message, place.content) };
  });
  const messages = written.flatMap(({ message }) => message ?? []);
  if (messages.length > 0) {
    await insertOutbounds(
      ctx.write,
      written.flatMap(({ row }) => row ?? []),
    );
    await recordShown(ctx, showing);
    await recordEvents(
      ctx.write,
      messages.map((message) => messageEvent(ctx.workspace.id, `message.${message.status}`, message)),
    );
  }
  const urgent = new Map<string, boolean>();
  for (const { deviceId, priority } of messages) {
    urgent.set(deviceId, (urgent.get(deviceId) ?? false) || isUrgent(priority));
  }
  ctx.afterCommit(() => {
    for (const [deviceId, isIt] of urgent) ctx.wake.outbox(deviceId, isIt);
    ctx.wake.events();
  });
  return written.map(({ result }) => result);
}

function sendsOf(body: unknown): ReadonlyMap<string, number> {
  const messages: unknown = body !== null && typeof body === 'object' ? Reflect.get(body, 'messages') : null;
  const sends = new Map<string, number>();
  for (const one of Array.isArray(messages) ? messages.slice(0, MAX_BATCH) : []) {
    const deviceId: unknown = one !== null && typeof one === 'object' ? Reflect.get(one, 'deviceId') : null;
    sends.set(String(deviceId), (sends.get(String(deviceId)) ?? 0) + 1);
  }
  return sends.size > 0 ? sends : new Map([['', 1]]);
}

export const sendBatch = defineOperation({
  id: 'messages.sendBatch',
  tag: 'Messages',
  summary: 'Send up to 1,000 messages',
  description:
    'Accepts each message on its own, in your order, all in one transaction: the answer says for each whether it was accepted, or why not. Of a quota that does not suffice exactly what is left is accepted. A field that is not valid refuses the whole batch with 400. With an Idempotency-Key a retry returns the first answer, refusals included, and sends nothing twice: to try what was refused again, use another key. Limits on sending count every message.',
  http: { method: 'POST', path: '/v1/messages/batch', status: 202 },
  scope: 'messages:send',
  optionScopes: [TRANSACTIONAL],
  roles: ['owner', 'admin', 'agent'],
  perDevice: true,
  body: bodySchema,
  output: outputSchema,
  errors: [],
  idempotent: true,
  rateClass: 'send',
  sends: sendsOf,
  mutates: true,
  auditTarget: ({ input }) => ({ kind: 'device', id: input.messages[0]?.deviceId ?? '' }),
  asks: ({ messages }) => messages.some(mayNeedPreparation),
  wire: async (ctx, { messages }) => prepareSends(ctx, await withTemplates(ctx, messages)),
  async run(ctx, { messages }, prepared: (Prepared | WapingError)[] | undefined) {
    const data = await write(ctx, await prepareBatch(ctx, messages, prepared ?? []));
    const refused = data.filter(({ error }) => error !== null).length;
    const devices = [...new Set(messages.map(({ deviceId }) => deviceId))];
    ctx.audit({ after: { accepted: data.length - refused, refused, devices } });
    return { accepted: data.length - refused, refused, data };
  },
});
