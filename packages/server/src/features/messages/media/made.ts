import type { OperationContext } from '../../../operations/context.ts';
import type { KeptFile, MediaFiles } from '../../media/index.ts';
import type { StoredMedia } from '../media-content.ts';

/** What is told of a file with a message. */
export type Facts = Pick<
  StoredMedia,
  'mimeType' | 'seconds' | 'width' | 'height' | 'waveform' | 'thumbnail' | 'animated'
>;

/** What became of a file: another in its place, or none where it is good as it is. */
export interface Made {
  file: KeptFile | null;
  facts: Facts;
}

/** Each is a few hundred bytes; the oldest goes first. */
const MAX_MADE = 500;
const madeIn = new WeakMap<MediaFiles, Map<string, Promise<Made>>>();

/**
 * Makes something of a file of this workspace, once: who wants the same meanwhile waits for it, and later gets it as long
 * as the store still has it. Rejects with what `make` rejects with, which is not kept.
 */
export async function madeOnce(
  ctx: OperationContext,
  { kind, file }: { kind: string; file: KeptFile },
  make: () => Promise<Made>,
): Promise<Made> {
  const { media } = ctx.live;
  const workspaceId = ctx.workspace.id;
  const all = madeIn.get(media) ?? new Map<string, Promise<Made>>();
  madeIn.set(media, all);
  const name = `${workspaceId}/${kind}/${file.mimeType}/${file.sha256}`;
  const forget = (work: Promise<Made>) => {
    if (all.get(name) === work) all.delete(name);
  };
  for (let known = all.get(name); known; known = all.get(name)) {
    const made = await known;
    if (made.file === null || (await media.holdOn(workspaceId, made.file))) return made;
    forget(known);
  }
  const work = make();
  all.set(name, work);
  work.catch(() => forget(work));
  const [oldest] = all.keys();
  if (all.size > MAX_MADE && oldest !== undefined) all.delete(oldest);
  return work;
}
