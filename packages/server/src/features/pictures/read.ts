import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import type { Address } from '../../engine/port.ts';
import type { OperationContext } from '../../operations/context.ts';
import { RawReply } from '../../operations/define.ts';
import { WapingError } from '../../platform/errors.ts';
import { askWhatsApp } from '../devices/index.ts';
import { pictureSchema } from './change.ts';

/** WhatsApp's own are a hundred kilobytes at most. */
const MAX_BYTES = 2 * 1024 * 1024;
const TYPE = 'image/jpeg';

const sizeQuery = z.strictObject({
  size: z
    .enum(['full', 'preview'])
    .default('full')
    .meta({ description: 'As it was uploaded, or small.', examples: ['full'] }),
});

/** What every operation has in common that answers a picture. */
export const READING = {
  query: sizeQuery,
  headers: z.strictObject({
    'if-none-match': z.string().max(2_000).optional().meta({ description: 'Not if this is still the ETag.' }),
  }),
  output: pictureSchema,
  produces: [TYPE],
  rawOnly: true,
  rawStatuses: { 304: 'You have it already.' },
  mutates: false,
} as const;

export interface Asked {
  deviceId: string;
  /** Null: the account's own. */
  of: Address | null;
  size: 'full' | 'preview';
  'if-none-match'?: string | undefined;
}

interface Answer {
  id: string;
  /** Null where the caller has it. */
  bytes: Buffer | null;
}

// The two sizes of one picture are two things to a cache.
const etagOf = (id: string, size: Asked['size']): string => `"${id}-${size}"`;

/** The id in an ETag of ours for this size; null where there is none. */
function knownId(header: string | undefined, size: Asked['size']): string | null {
  const ends = `-${size}`;
  const tags = (header ?? '').split(',').map((tag) => tag.trim().replace(/^W\//, '').replace(/^"|"$/g, ''));
  return tags.find((tag) => tag.endsWith(ends))?.slice(0, -ends.length) ?? null;
}

/** Asks WhatsApp for a picture. Throws NOT_FOUND where there is none to be seen. */
export async function askPicture(ctx: OperationContext, asked: Asked): Promise<Answer> {
  const { deviceId, of, size } = asked;
  return ctx.live.media.atNewPath(async (path) => {
    const known = knownId(asked['if-none-match'], size);
    const input = { of, full: size === 'full', known, path, maxBytes: MAX_BYTES };
    const found = await askWhatsApp(ctx, deviceId, { name: 'picture', input });
    if (!found) throw new WapingError('NOT_FOUND', 'there is no picture, or none that this account may see');
    return { id: found.id, bytes: found.file ? await readFile(path) : null };
  });
}

/** A picture as it is answered. */
export function shownPicture({ id, bytes }: Answer, size: Asked['size']): RawReply {
  const headers = {
    etag: etagOf(id, size),
    'content-disposition': 'inline; filename="picture.jpg"',
    'cache-control': 'private, no-cache',
    'content-security-policy': "default-src 'none'; frame-ancestors 'none'; sandbox",
  };
  return bytes ? new RawReply(TYPE, bytes, headers) : new RawReply(TYPE, '', headers, 304);
}
