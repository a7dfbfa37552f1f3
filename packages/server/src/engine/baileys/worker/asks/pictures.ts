import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import type { BinaryNode } from 'baileys';
import { type Asks, EngineAskError, type LocalFile, MEDIA_REFUSED, type PictureToFetch } from '../../../asks.ts';
import type { Address } from '../../../port.ts';
import { lidUser } from '../address.ts';
import { GoneError, openUrl } from '../media/host.ts';
import { child, node } from './nodes.ts';
import { type AskTools, askError, jidOf, query, SERVER } from './tools.ts';

const XMLNS = 'w:profile:picture';
/** Where WhatsApp keeps pictures: links elsewhere are not followed. */
const HOST = /(^|\.)whatsapp\.net$/;
/** There is none; it is kept from this account; the account is not in the group. */
const NONE: ReadonlySet<number> = new Set([401, 403, 404]);
/** Seconds a privacy token may be old: four buckets of a week, as WhatsApp's clients count them. */
const TOKEN_SECONDS = 28 * 24 * 3_600;
const JPEG = Buffer.of(0xff, 0xd8, 0xff);

/** What shows WhatsApp that a person let this account see their picture, where they did. */
async function privacyToken(tools: AskTools, jid: string): Promise<BinaryNode[]> {
  const { authState, signalRepository } = tools.live().sock;
  const lid = lidUser(jid) === undefined ? await signalRepository.lidMapping.getLIDForPN(jid) : jid;
  const name = lid ?? jid;
  const { [name]: kept } = await authState.keys.get('tctoken', [name]);
  const age = Date.now() / 1000 - Number(kept?.timestamp ?? 0);
  if (!kept?.token.length || !(age < TOKEN_SECONDS)) return [];
  return [node('tctoken', { t: String(kept.timestamp) }, kept.token)];
}

/** The account's own name; with a token in a question about oneself WhatsApp never answers. */
function ownJid(tools: AskTools): string {
  return tools.live().sock.authState.creds.me?.id.replace(/:\d+@/, '@') ?? '';
}

interface Found {
  id: string;
  url: string;
}

/** Undefined where there is none, or none that this account may see. */
async function find(tools: AskTools, of: Address | null, full: boolean): Promise<Found | undefined> {
  const target = of === null ? ownJid(tools) : jidOf(of);
  const token = of?.kind === 'person' ? await privacyToken(tools, target) : [];
  const ask = node('picture', { type: full ? 'image' : 'preview', query: 'url' }, token);
  const answer = await query(tools, { to: SERVER, xmlns: XMLNS, type: 'get', target }, ask).catch((error: unknown) => {
    const known = askError(error);
    if (known.reason === 'refused' && NONE.has(known.code ?? 0)) return undefined;
    throw known;
  });
  const { id, url } = child(answer, 'picture')?.attrs ?? {};
  return id && url ? { id, url } : undefined;
}

async function download(link: string, { path, maxBytes }: PictureToFetch): Promise<LocalFile> {
  const url = URL.canParse(link) ? new URL(link) : undefined;
  if (url?.protocol !== 'https:' || !HOST.test(url.hostname))
    throw new EngineAskError('refused', 'WhatsApp named no place of the picture', { code: MEDIA_REFUSED.gone });
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of await openUrl(url)) {
    size += part.length;
    if (size > maxBytes)
      throw new EngineAskError('refused', 'the picture is larger than allowed', { code: MEDIA_REFUSED.tooLarge });
    parts.push(part);
  }
  const bytes = Buffer.concat(parts);
  if (!bytes.subarray(0, JPEG.length).equals(JPEG))
    throw new EngineAskError('refused', 'the picture is no JPEG', { code: MEDIA_REFUSED.corrupt });
  await writeFile(path, bytes, { mode: 0o600 });
  return { size, sha256: createHash('sha256').update(bytes).digest('hex') };
}

/** The picture of the account, a person or a group. */
export async function readPicture(tools: AskTools, input: PictureToFetch): Promise<Asks['picture']['answer']> {
  const found = await find(tools, input.of, input.full);
  if (!found) return null;
  if (found.id === input.known) return { id: found.id, file: null };
  try {
    return { id: found.id, file: await download(found.url, input) };
  } catch (error) {
    // It was changed between the answer and the download.
    if (error instanceof GoneError) throw new EngineAskError('no_answer', 'the picture is not there any more');
    throw error;
  }
}

/** Gives the account or a group another picture, or none. */
export async function changePicture(
  tools: AskTools,
  { of, path }: Asks['changePicture']['input'],
): Promise<Asks['changePicture']['answer']> {
  const target = of === null ? {} : { target: jidOf(of) };
  const picture = path === null ? [] : [node('picture', { type: 'image' }, await readFile(path))];
  const answer = await query(tools, { to: SERVER, xmlns: XMLNS, type: 'set', ...target }, ...picture);
  if (path === null) return { id: null };
  const id = child(answer, 'picture')?.attrs.id ?? (await find(tools, of, false))?.id;
  return { id: id ?? null };
}
