import type { ByteRange } from '../../platform/blob/port.ts';

/** What a Range header asks for: a part, what is not there, or (null) nothing that is understood, so the whole. */
export type RangeAsked = ByteRange | 'unsatisfiable' | null;

const ONE_RANGE = /^bytes=\s*(\d*)-\s*(\d*)\s*$/i;
/** No player writes a longer one; more blanks than this would only take time to read. */
const MAX_HEADER = 200;

/**
 * Reads a Range header over `size` bytes (RFC 9110, 14.1). Several ranges in one are answered with the whole, which the
 * standard allows: they cost more than they save.
 */
export function parseRange(header: string | undefined, size: number): RangeAsked {
  if (header === undefined || header.length > MAX_HEADER) return null;
  const [all, from = '', to = ''] = ONE_RANGE.exec(header) ?? [];
  if (all === undefined || (from === '' && to === '')) return null;
  if (from === '') {
    const length = Math.min(Number(to), size);
    return length === 0 ? 'unsatisfiable' : { start: size - length, end: size - 1 };
  }
  const start = Number(from);
  const end = to === '' ? size - 1 : Math.min(Number(to), size - 1);
  if (to !== '' && Number(to) < start) return null;
  return start >= size ? 'unsatisfiable' : { start, end };
}

const tagsOf = (header: string): string[] => header.split(',').map((tag) => tag.trim().replace(/^W\//, ''));

/** Whether an If-None-Match header says that the caller has this already. */
export const hasAlready = (header: string | undefined, etag: string): boolean =>
  header !== undefined && (header.trim() === '*' || tagsOf(header).includes(etag));

/** Whether an If-Range header lets the range count: there is none, or it names this very content. */
export const rangeCounts = (header: string | undefined, etag: string): boolean =>
  header === undefined || header.trim() === etag;
