/** A list in pieces, each as long as `most` says when it is taken. */
export function* pieces<T>(rows: readonly T[], most: () => number): Generator<readonly T[]> {
  for (let at = 0; at < rows.length; ) {
    const piece = rows.slice(at, at + Math.max(1, most()));
    at += piece.length;
    yield piece;
  }
}
