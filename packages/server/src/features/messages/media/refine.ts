import type { MediaKind } from '../../../engine/port.ts';
import type { OperationContext } from '../../../operations/context.ts';
import { WapingError } from '../../../platform/errors.ts';
import { ToolError, type ToolResult } from '../../../platform/media-tools/jobs.ts';
import type { KeptFile } from '../../media/index.ts';
import type { StoredMedia } from '../media-content.ts';
import type { TakenFile } from './prepare.ts';

type Facts = Pick<StoredMedia, 'mimeType' | 'seconds' | 'width' | 'height' | 'waveform' | 'thumbnail' | 'animated'>;

/** A file as it will be sent, and what is told with it. */
interface Refined extends TakenFile {
  facts: Facts;
}

interface Scene {
  ctx: OperationContext;
  kind: MediaKind;
  /** Where the file stands in the request. */
  at: string;
  taken: TakenFile;
  /** The file on this machine. */
  path: string;
}

/** What WhatsApp's clients call a voice message. */
const VOICE_TYPE = 'audio/ogg; codecs=opus';
/** Types whose length the tools do not know. */
const UNMEASURED = new Set(['audio/amr']);

function refusal(at: string, error: unknown): unknown {
  if (!(error instanceof ToolError)) return error;
  if (error.reason === 'busy') return new WapingError('SERVICE_UNAVAILABLE', error.message, { retryAfter: 1 });
  return new WapingError('VALIDATION_ERROR', `${at}: ${error.message}`, {
    param: at,
    details: [{ param: at, message: error.message }],
  });
}

/** What a tool found; nothing where this installation lacks it, or the file keeps it to itself and may. */
async function look(scene: Scene, work: Promise<ToolResult>, needed: boolean): Promise<ToolResult> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof ToolError && (error.reason === 'missing' || (!needed && error.reason === 'unreadable')))
      return {};
    throw refusal(scene.at, error);
  }
}

/** Puts a file that a tool has written into the store, in place of the one it was made of. */
async function replaceBy({ ctx, kind, taken }: Scene, path: string, mimeType: string): Promise<TakenFile> {
  const { media } = ctx.live;
  await using draft = await media.receive({ from: path, mimeType, fileName: taken.file.fileName });
  const file = await media.keep(ctx.workspace.id, draft, kind);
  return { file, source: taken.source, mediaId: null };
}

const pixelsOf = ({ width, height }: ToolResult, file: KeptFile) => {
  const sides = { width: width ?? file.width ?? undefined, height: height ?? file.height ?? undefined };
  return sides.width === undefined || sides.height === undefined ? {} : sides;
};

async function picture(scene: Scene): Promise<Refined> {
  const { ctx, taken, path } = scene;
  const found = await look(scene, ctx.live.mediaTools.look({ job: 'picture', path }, taken.file.sha256), true);
  const { thumbnail } = found;
  const facts = { mimeType: taken.file.mimeType, ...pixelsOf(found, taken.file) };
  return { ...taken, facts: { ...facts, ...(thumbnail === undefined ? {} : { thumbnail }) } };
}

async function timed(scene: Scene): Promise<Refined> {
  const { ctx, kind, taken, path } = scene;
  const { mimeType } = taken.file;
  const needed = kind === 'audio';
  const found = UNMEASURED.has(mimeType)
    ? {}
    : await look(scene, ctx.live.mediaTools.look({ job: 'length', path }, taken.file.sha256), needed);
  const { seconds } = found;
  return { ...taken, facts: { mimeType, ...(seconds === undefined ? {} : { seconds }) } };
}

async function sticker(scene: Scene): Promise<Refined> {
  const { ctx, taken, path } = scene;
  try {
    return await ctx.live.media.atNewPath(async (to) => {
      const { isMade, animated, width, height } = await ctx.live.mediaTools.run({ job: 'sticker', path, to });
      const made = isMade ? await replaceBy(scene, to, 'image/webp') : taken;
      const sides = pixelsOf({ ...(width && height ? { width, height } : {}) }, made.file);
      return { ...made, facts: { mimeType: 'image/webp', ...sides, ...(animated ? { animated } : {}) } };
    });
  } catch (error) {
    const isMissing = error instanceof ToolError && error.reason === 'missing';
    if (!isMissing || taken.file.mimeType !== 'image/webp') throw refusal(scene.at, error);
    return { ...taken, facts: { mimeType: 'image/webp', ...pixelsOf({}, taken.file) } };
  }
}

async function voice(scene: Scene): Promise<Refined> {
  const { ctx, taken, path } = scene;
  const { mediaTools, media } = ctx.live;
  try {
    const facts = await mediaTools.look({ job: 'voice', path }, taken.file.sha256).catch((error: unknown) => {
      if (error instanceof ToolError && error.reason === 'unreadable') return null;
      throw error;
    });
    if (facts) return { ...taken, facts: { ...facts, mimeType: VOICE_TYPE } };
    const made = await media.atNewPath(async (to) => {
      await mediaTools.toVoice(path, taken.file.mimeType, to);
      return replaceBy(scene, to, 'audio/ogg');
    });
    using local = await media.localCopy(ctx.workspace.id, made.file);
    const found = await mediaTools.look({ job: 'voice', path: local.path }, made.file.sha256);
    return { ...made, facts: { ...found, mimeType: VOICE_TYPE } };
  } catch (error) {
    throw refusal(scene.at, error);
  }
}

const REFINE: Record<Exclude<MediaKind, 'document'>, (scene: Scene) => Promise<Refined>> = {
  image: picture,
  video: timed,
  audio: timed,
  voice,
  sticker,
};

/**
 * Makes of a file what a message of this kind needs, and finds out what is told with it. Throws VALIDATION_ERROR for a
 * file that cannot be read as what it is sent as.
 */
export async function refine(
  ctx: OperationContext,
  { kind, at, taken }: Pick<Scene, 'kind' | 'at' | 'taken'>,
): Promise<Refined> {
  // Nothing is made of it: whatever its size, it need not be on this machine.
  if (kind === 'document') return { ...taken, facts: { mimeType: taken.file.mimeType } };
  using copy = await ctx.live.media.localCopy(ctx.workspace.id, taken.file);
  return await REFINE[kind]({ ctx, kind, at, taken, path: copy.path });
}
