/** A page of a list. */
export interface Page<T> {
  data: T[];
  hasMore: boolean;
  nextCursor: string | null;
}

/** Every row of a list. The next page is asked for when the rows of the one before have been taken. */
export async function* everyRow<T>(list: (page: { cursor?: string }) => Promise<Page<T>>): AsyncGenerator<T> {
  for (let cursor: string | null = null; ; ) {
    const page: Page<T> = await list(cursor === null ? {} : { cursor });
    yield* page.data;
    if (!page.hasMore || page.nextCursor === null) return;
    cursor = page.nextCursor;
  }
}
