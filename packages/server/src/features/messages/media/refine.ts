import type { MediaKind } from '../../../engine/port.ts';
import type { OperationContext } from '../../../operations/context.ts';
import { WapingError } from '../../../platform/errors.ts';
import { ToolError, type ToolResult } from '../../../platform/media-tools/jobs.ts';
import type { KeptFile } from '../../media/index.ts';
import { type Facts, type Made, madeOnce } from './made.ts';
import type { TakenFile } from './prepare.ts';

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
  if (error.reason === 'busy' || error.reason === 'failed')
    return new WapingError('SERVICE_UNAVAILABLE', error.message, { retryAfter: 1 });
  return new WapingError('VALIDATION_ERROR', `${at}: ${error.message}`, {
    param: at,
    details: [{ param: at, message: error.message }],
  });
}

/** What a tool finds in a file. Rejects with ToolError. */
function lookAt({ ctx }: Scene, job: 'picture' | 'length' | 'voice', file: { path: string; sha256: string }) {
  const { path, sha256 } = file;
  return ctx.live.mediaTools.look({ job, path }, { sha256, workspaceId: ctx.workspace.id });
}

/** What a tool found; nothing where this installation lacks it, or the file keeps it to itself and may. */
async function found(scene: Scene, job: 'picture' | 'length', needed: boolean): Promise<ToolResult> {
  try {
    return await lookAt(scene, job, { path: scene.path, sha256: scene.taken.file.sha256 });
  } catch (error) {
    if (error instanceof ToolError && (error.reason === 'missing' || (!needed && error.reason !== 'busy'))) return {};
    throw refusal(scene.at, error);
  }
}

/** Puts what `write` writes to a path into the store; null where it says that it wrote nothing. Nothing stays on failure. */
function written(
  { ctx, kind, taken }: Scene,
  mimeType: string,
  write: (to: string) => Promise<boolean>,
): Promise<KeptFile | null> {
  const { media } = ctx.live;
  return media.atNewPath(async (to) => {
    if (!(await write(to))) return null;
    await using draft = await media.receive({ from: to, mimeType, fileName: taken.file.fileName });
    return await media.keep(ctx.workspace.id, draft, kind);
  });
}

/** The same file, or what was made of it. */
function refined({ taken }: Scene, { file, facts }: Made): Refined {
  if (file === null) return { ...taken, facts };
  // Made of the same content, perhaps under another name.
  return { file: { ...file, fileName: taken.file.fileName }, source: taken.source, mediaId: null, facts };
}

const pixelsOf = ({ width, height }: ToolResult, file: KeptFile) => {
  const sides = { width: width ?? file.width ?? undefined, height: height ?? file.height ?? undefined };
  return sides.width === undefined || sides.height === undefined ? {} : sides;
};

async function picture(scene: Scene): Promise<Refined> {
  const { taken } = scene;
  const seen = await found(scene, 'picture', true);
  const { thumbnail } = seen;
  const facts = { mimeType: taken.file.mimeType, ...pixelsOf(seen, taken.file) };
  return { ...taken, facts: { ...facts, ...(thumbnail === undefined ? {} : { thumbnail }) } };
}

async function timed(scene: Scene): Promise<Refined> {
  const { kind, taken } = scene;
  const { mimeType } = taken.file;
  const { seconds } = UNMEASURED.has(mimeType) ? {} : await found(scene, 'length', kind === 'audio');
  return { ...taken, facts: { mimeType, ...(seconds === undefined ? {} : { seconds }) } };
}

async function makeSticker(scene: Scene): Promise<Made> {
  const { ctx, taken, path } = scene;
  let result: ToolResult = {};
  const file = await written(scene, 'image/webp', async (to) => {
    result = await ctx.live.mediaTools.run({ job: 'sticker', path, to }, ctx.workspace.id);
    return result.isMade ?? false;
  });
  const { animated, width, height } = result;
  const sides = pixelsOf({ ...(width && height ? { width, height } : {}) }, file ?? taken.file);
  return { file, facts: { mimeType: 'image/webp', ...sides, ...(animated ? { animated } : {}) } };
}

async function sticker(scene: Scene): Promise<Refined> {
  const { ctx, kind, taken } = scene;
  try {
    return refined(scene, await madeOnce(ctx, { kind, file: taken.file }, () => makeSticker(scene)));
  } catch (error) {
    const isMissing = error instanceof ToolError && error.reason === 'missing';
    if (!isMissing || taken.file.mimeType !== 'image/webp') throw refusal(scene.at, error);
    return { ...taken, facts: { mimeType: 'image/webp', ...pixelsOf({}, taken.file) } };
  }
}

async function makeVoice(scene: Scene): Promise<Made> {
  const { ctx, taken, path } = scene;
  const { mimeType, sha256 } = taken.file;
  const workspaceId = ctx.workspace.id;
  const facts = await lookAt(scene, 'voice', { path, sha256 }).catch((error: unknown) => {
    if (error instanceof ToolError && error.reason === 'unreadable') return null;
    throw error;
  });
  if (facts) return { file: null, facts: { ...facts, mimeType: VOICE_TYPE } };
  const file = await written(scene, 'audio/ogg', async (to) => {
    await ctx.live.mediaTools.toVoice({ path, mimeType, to }, workspaceId);
    return true;
  });
  const made = file ?? taken.file;
  using local = await ctx.live.media.localCopy(workspaceId, made);
  const heard = await lookAt(scene, 'voice', { path: local.path, sha256: made.sha256 });
  return { file, facts: { ...heard, mimeType: VOICE_TYPE } };
}

async function voice(scene: Scene): Promise<Refined> {
  const { ctx, kind, taken } = scene;
  try {
    return refined(scene, await madeOnce(ctx, { kind, file: taken.file }, () => makeVoice(scene)));
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
