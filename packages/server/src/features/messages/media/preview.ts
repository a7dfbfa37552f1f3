import { setTimeout as sleep } from 'node:timers/promises';
import type { OperationContext } from '../../../operations/context.ts';
import type { FetchedAnswer } from '../../../platform/safe-fetch/index.ts';
import type { StoredPreview } from '../content-table.ts';
import { type PageHead, readHead } from './page.ts';

/** What a page says of itself stands at its beginning. */
const MAX_PAGE_BYTES = 512 * 1024;
const MAX_PICTURE_BYTES = 5 * 1024 * 1024;
const MAX_REDIRECTS = 3;
/** The send waits so long for its preview, and then goes without. */
const PREVIEW_MS = 8_000;
const LINK = /https?:\/\/[^\s<>"']{1,2000}/i;
/** What ends a sentence, or closes a bracket around a link, is no part of it. */
const AFTER_LINK = /[.,;:!?)\]}'"*_~]+$/;

/** The first link of a text; null where it has none. */
export function firstLink(text: string): string | null {
  const found = LINK.exec(text)?.[0].replace(AFTER_LINK, '');
  return found !== undefined && URL.canParse(found) ? found : null;
}

async function readText(answer: FetchedAnswer): Promise<string> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of answer.body) {
    parts.push(part);
    size += part.length;
    if (size >= MAX_PAGE_BYTES) break;
  }
  const charset = /charset=["']?([\w-]{1,40})/i.exec(answer.headers['content-type'] ?? '')?.[1] ?? 'utf-8';
  const decoder = new TextDecoder(isKnown(charset) ? charset : 'utf-8');
  return decoder.decode(Buffer.concat(parts).subarray(0, MAX_PAGE_BYTES));
}

function isKnown(charset: string): boolean {
  try {
    return new TextDecoder(charset).encoding !== '';
  } catch {
    return false;
  }
}

async function picture(ctx: OperationContext, url: string): Promise<string | undefined> {
  const { media, mediaTools } = ctx.live;
  const asked = { maxBytes: MAX_PICTURE_BYTES, signal: ctx.signal };
  await using draft = await media.receiveUrl(ctx.workspace.id, url, asked);
  return (await mediaTools.run({ job: 'picture', path: draft.path }, ctx.workspace.id)).thumbnail;
}

/** What a page says of itself, and where it is; null where it is none. */
async function headOf(ctx: OperationContext, url: string): Promise<(PageHead & { at: string }) | null> {
  // Longer pages are read as far as they matter: the bound here only ends what never ends.
  using answer = await ctx.live.outside.fetch(url, {
    headers: { accept: 'text/html' },
    maxBytes: Number.MAX_SAFE_INTEGER,
    maxRedirects: MAX_REDIRECTS,
    signal: ctx.signal,
  });
  if (answer.status !== 200 || !/^text\/html\b/i.test(answer.headers['content-type'] ?? '')) return null;
  return { ...readHead(await readText(answer)), at: answer.url };
}

async function preview(ctx: OperationContext, url: string): Promise<StoredPreview | null> {
  const head = await ctx.live.media.fetches.run(ctx.workspace.id, () => headOf(ctx, url));
  if (!head || head.title === null) return null;
  const address = head.image !== null && URL.canParse(head.image, head.at) ? new URL(head.image, head.at) : null;
  const thumbnail = address && (await picture(ctx, address.href).catch(() => undefined));
  return {
    url,
    title: head.title,
    ...(head.description === null ? {} : { description: head.description }),
    ...(thumbnail ? { thumbnail } : {}),
  };
}

/** The preview of the first link in a text. Null where there is none, or none to be had in time: no send fails for it. */
export async function findPreview(ctx: OperationContext, text: string): Promise<StoredPreview | null> {
  const url = firstLink(text);
  if (url === null) return null;
  const signal = AbortSignal.any([ctx.signal, AbortSignal.timeout(PREVIEW_MS)]);
  const found = preview({ ...ctx, signal }, url).catch((error: unknown) => {
    ctx.log.debug({ err: error }, 'no preview of a link');
    return null;
  });
  return Promise.race([found, sleep(PREVIEW_MS, null, { ref: false })]);
}
