import type { OperationContext } from '../../../operations/context.ts';
import { WapingError } from '../../../platform/errors.ts';
import { isMediaKind } from '../media-content.ts';
import { needsPreparation, type Prepared, prepareSend } from './send.ts';

/** Files and pages got at the same time for one batch. */
const AT_ONCE = 6;
/** Different files and links in one batch: each is got, and perhaps worked on, before anything is accepted. */
const MAX_DIFFERENT = 100;

type Sendable = Parameters<typeof prepareSend>[1] & { deviceId: string };

/** What makes two sends need the same: of one device, one content. */
function sameness(input: Sendable): string {
  const content = isMediaKind(input.type) ? input[input.type] : input.text?.body;
  return JSON.stringify([input.deviceId, input.type, content]);
}

/**
 * Gets what the messages of a batch need, the same thing once. For each message what was prepared, or why it cannot be
 * sent. Throws VALIDATION_ERROR for a batch of too many different files.
 */
export async function prepareSends(
  ctx: OperationContext,
  inputs: readonly Sendable[],
): Promise<(Prepared | WapingError)[]> {
  const wanted = new Map<string, Sendable>();
  for (const input of inputs) if (needsPreparation(input)) wanted.set(sameness(input), input);
  if (wanted.size > MAX_DIFFERENT) {
    const message = `messages: a batch may have ${MAX_DIFFERENT} different files and previews at the most`;
    throw new WapingError('VALIDATION_ERROR', message, { param: 'messages' });
  }
  const got = new Map<string, Prepared | WapingError>();
  const open = [...wanted];
  const work = async (): Promise<void> => {
    for (let next = open.shift(); next; next = open.shift()) got.set(next[0], await prepareOne(ctx, next[1]));
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return inputs.map((input) => (needsPreparation(input) ? got.get(sameness(input)) : undefined) ?? {});
}

async function prepareOne(ctx: OperationContext, input: Sendable): Promise<Prepared | WapingError> {
  try {
    return await prepareSend(ctx, input);
  } catch (error) {
    if (error instanceof WapingError) return error;
    throw error;
  }
}
