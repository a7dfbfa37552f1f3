/** Byte positions, both included. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/**
 * Reads one `Range: bytes=…` header against a blob of `size` bytes (RFC 9110 §14): undefined when there is none or it is
 * malformed (serve everything), `unsatisfiable` when it lies outside. An end beyond the blob is cut, as clients that
 * read up to the next cipher block ask for more than there is.
 */
export function parseRange(header: string | undefined, size: number): ByteRange | 'unsatisfiable' | undefined {
  const match = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header?.trim() ?? '');
  const [, from, to] = match ?? [];
  if (from === undefined || to === undefined || (from === '' && to === '')) return undefined;
  if (from === '') {
    const length = Math.min(Number(to), size);
    return length === 0 ? 'unsatisfiable' : { start: size - length, end: size - 1 };
  }
  const start = Number(from);
  if (start >= size) return 'unsatisfiable';
  const end = to === '' ? size - 1 : Math.min(Number(to), size - 1);
  return end < start ? undefined : { start, end };
}
