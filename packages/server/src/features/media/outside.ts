import { WapingError } from '../../platform/errors.ts';
import { FetchError, type FetchedAnswer, type SafeFetch } from '../../platform/safe-fetch/index.ts';

const MAX_REDIRECTS = 3;

/** What a caller is told of a URL that gave no file: whether it is theirs to mend or worth another try. */
function refusal(error: FetchError): WapingError {
  const message = `url: ${error.message}`;
  const options = { param: 'url', cause: error };
  if (error.reason === 'too_large') return new WapingError('PAYLOAD_TOO_LARGE', message, options);
  const passing = error.reason === 'timeout' || error.reason === 'unreachable';
  return passing
    ? new WapingError('SERVICE_UNAVAILABLE', message, { ...options, retryAfter: 5 })
    : new WapingError('VALIDATION_ERROR', message, options);
}

const asRefusal = (error: unknown): unknown => (error instanceof FetchError ? refusal(error) : error);

/** The file name at the end of a URL; null for none. */
function nameIn(url: string): string | null {
  const last = new URL(url).pathname.split('/').at(-1) ?? '';
  try {
    return decodeURIComponent(last) || null;
  } catch {
    return last || null;
  }
}

async function* bodyOf(answer: FetchedAnswer): AsyncGenerator<Uint8Array> {
  try {
    yield* answer.body;
  } catch (error) {
    throw asRefusal(error);
  }
}

/** A file that is being fetched. */
export interface OutsideFile {
  from: AsyncIterable<Uint8Array>;
  mimeType: string | null;
  fileName: string | null;
}

/** Opens a file at an outside URL. Throws VALIDATION_ERROR, PAYLOAD_TOO_LARGE or SERVICE_UNAVAILABLE. */
export async function openOutside(
  fetcher: SafeFetch,
  url: string,
  { maxBytes, signal }: { maxBytes: number; signal: AbortSignal },
): Promise<OutsideFile> {
  let answer: FetchedAnswer;
  try {
    answer = await fetcher.fetch(url, { maxBytes, maxRedirects: MAX_REDIRECTS, signal });
  } catch (error) {
    throw asRefusal(error);
  }
  const { status, headers } = answer;
  if (status === 200) {
    return { from: bodyOf(answer), mimeType: headers['content-type'] ?? null, fileName: nameIn(answer.url) };
  }
  answer[Symbol.dispose]();
  const passing = status >= 500 || status === 429;
  const message = `url: was answered with status ${status}`;
  throw passing
    ? new WapingError('SERVICE_UNAVAILABLE', message, { param: 'url', retryAfter: 30 })
    : new WapingError('VALIDATION_ERROR', message, { param: 'url' });
}
