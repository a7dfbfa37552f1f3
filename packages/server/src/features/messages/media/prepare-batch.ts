import type { OperationContext } from '../../../operations/context.ts';
import { WapingError } from '../../../platform/errors.ts';
import type { FileInput } from '../../media/index.ts';
import { isMediaKind } from '../media-content.ts';
import type { SendInput } from '../send.ts';
import { needsPreparation, type Prepared, preparedFor, prepareShared } from './send.ts';

/** Files and pages got at the same time for one batch. */
const AT_ONCE = 6;
/** Different files and links in one batch: each is got, and perhaps worked on, before anything is accepted. */
const MAX_DIFFERENT = 100;

/** Long enough for what is reserved first to be still reserved when the batch is written, and all a caller waits for. */
const TOTAL_MS = 10 * 60_000;

/** What makes two sends need the same: of one device, one file or one text. What each says of its file may differ. */
function sameness(input: SendInput): string {
  const { deviceId, type, fileAt } = input;
  if (!isMediaKind(type)) return JSON.stringify([deviceId, type, input.text?.body]);
  const { mediaId, url, base64, mimeType, fileName }: FileInput = input[type] ?? {};
  // A file that is in the request itself has its name from there.
  const bytes = base64 === undefined ? [] : [base64, mimeType, fileName];
  return JSON.stringify([deviceId, type, fileAt, mediaId, url, ...bytes]);
}

/**
 * Gets what the messages of a batch need, their templates filled in, the same thing once. For each message what was
 * prepared, or why it cannot be sent; what is not there after ten minutes is refused. Throws VALIDATION_ERROR for a batch
 * of too many different files.
 */
export async function prepareSends(
  ctx: OperationContext,
  inputs: readonly (SendInput | WapingError)[],
): Promise<(Prepared | WapingError)[]> {
  const wanted = new Map<string, SendInput>();
  for (const input of inputs)
    if (!(input instanceof WapingError) && needsPreparation(input)) wanted.set(sameness(input), input);
  if (wanted.size > MAX_DIFFERENT) {
    const message = `messages: a batch may have ${MAX_DIFFERENT} different files and previews at the most`;
    throw new WapingError('VALIDATION_ERROR', message, { param: 'messages' });
  }
  const got = new Map<string, Prepared | WapingError>();
  const signal = AbortSignal.any([ctx.signal, AbortSignal.timeout(TOTAL_MS)]);
  const open = [...wanted];
  const work = async (): Promise<void> => {
    for (let next = open.shift(); next; next = open.shift())
      got.set(next[0], await prepareOne({ ...ctx, signal }, next[1]));
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return inputs.map((input) => {
    if (input instanceof WapingError) return input;
    const found = needsPreparation(input) ? got.get(sameness(input)) : undefined;
    if (found instanceof WapingError) return found;
    return { ...preparedFor(input, found ?? {}), filled: input };
  });
}

async function prepareOne(ctx: OperationContext, input: SendInput): Promise<Prepared | WapingError> {
  if (ctx.signal.aborted)
    return new WapingError('SERVICE_UNAVAILABLE', 'the files of the batch took too long', { retryAfter: 1 });
  try {
    return await prepareShared(ctx, input);
  } catch (error) {
    if (error instanceof WapingError) return error;
    throw error;
  }
}
