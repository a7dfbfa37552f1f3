import type { SegmentRow } from './store.ts';

/** Rows of a segment, about: the batch that fills it is not split. */
export const SEGMENT_ROWS = 10_000;

/** Assigns rows to the segments of their workspaces. Every segment it changed is in `changed`. */
export class Segments {
  readonly #byWorkspace = new Map<string, SegmentRow[]>();
  readonly #changed = new Set<SegmentRow>();

  constructor(rows: readonly SegmentRow[]) {
    for (const row of rows) this.#of(row.workspace_id).push({ ...row });
  }

  /** The segment of a row. Segments go by id alone, so that a page of a search knows where it goes on. */
  place(workspaceId: string, id: string): number {
    const segments = this.#of(workspaceId);
    const segment = this.#open(workspaceId, segments, id);
    segment.entries += 1;
    if (id > segment.last_id) segment.last_id = id;
    this.#changed.add(segment);
    return segment.no;
  }

  get changed(): SegmentRow[] {
    return [...this.#changed];
  }

  #of(workspaceId: string): SegmentRow[] {
    const known = this.#byWorkspace.get(workspaceId) ?? [];
    this.#byWorkspace.set(workspaceId, known);
    return known;
  }

  #open(workspaceId: string, segments: SegmentRow[], id: string): SegmentRow {
    const newest = segments.at(-1);
    const full = newest !== undefined && newest.entries >= SEGMENT_ROWS && id > newest.last_id;
    if (newest && !full) {
      for (let i = segments.length - 1; i >= 0; i -= 1) {
        const segment = segments[i];
        if (segment && segment.first_id <= id) return segment;
      }
    }
    const row = {
      workspace_id: workspaceId,
      no: (newest?.no ?? -1) + 1,
      // Sorts right after the last id of the one before, and before every other.
      first_id: newest ? `${newest.last_id}0` : '',
      last_id: id,
      entries: 0,
    };
    segments.push(row);
    return row;
  }
}
