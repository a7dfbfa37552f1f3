import { z } from 'zod';

const MAX_HEADERS = 20;
const NAME = /^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}$/;
/** Visible ASCII with single spaces or tabs inside: nothing that could end a header. */
const VALUE = /^([\x21-\x7e]([\x20-\x7e\t]*[\x21-\x7e])?)?$/;

/** What we set, what belongs to one connection alone (RFC 9110, 7.6.1), and what would change how the body is read. */
const OURS = new Set([
  'accept',
  'accept-encoding',
  'connection',
  'content-encoding',
  'content-length',
  'content-type',
  'date',
  'expect',
  'host',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'user-agent',
  'via',
]);

const isOurs = (name: string): boolean => {
  const lower = name.toLowerCase();
  return OURS.has(lower) || lower.startsWith('webhook-') || lower.startsWith('proxy-');
};

/** Why a set of headers cannot be sent; null when it can. */
export function headerFault(headers: Readonly<Record<string, string>>): string | null {
  const names = Object.keys(headers);
  if (names.length > MAX_HEADERS) return `must not be more than ${MAX_HEADERS}`;
  const bad = names.find((name) => !NAME.test(name));
  if (bad !== undefined) return 'a name must be a header name of at most 64 characters';
  const ours = names.find(isOurs);
  if (ours !== undefined) return `${ours} is set by WAPing or belongs to the connection`;
  if (new Set(names.map((name) => name.toLowerCase())).size < names.length) return 'a name stands there twice';
  return names.every((name) => VALUE.test(headers[name] ?? '')) ? null : 'a value must be visible ASCII';
}

export const headersField = z
  .record(z.string().max(64), z.string().max(1_024))
  .superRefine((headers, ctx) => {
    const fault = headerFault(headers);
    if (fault !== null) ctx.addIssue({ code: 'custom', message: fault });
  })
  .meta({
    description:
      'Headers sent with every delivery, up to 20. They cannot replace ours (`webhook-*`, `content-type` …). Kept sealed: their values are never shown again.',
    examples: [{ 'X-Shop': 'main' }],
  });

/** What is sealed of them. */
export const packHeaders = (headers: Readonly<Record<string, string>>): string => JSON.stringify(headers);

const packed = z.record(z.string(), z.string());

/** The headers as they were sealed. Throws when it is something else. */
export const unpackHeaders = (text: string): Record<string, string> => packed.parse(JSON.parse(text));
