import { NoPlace, WorkLine } from '../work-line.ts';
import { Ffmpeg } from './ffmpeg.ts';
import { ToolError, type ToolJob, type ToolResult } from './jobs.ts';
import { ToolProcess } from './tool-process.ts';

const WAIT_MS = 60_000;
/** The process does one job at a time; a batch of a workspace works on six files at once. */
const JOBS = { atOnce: 1, atOnceEach: 1, waiting: 64, waitingEach: 16, waitMs: WAIT_MS };
/** Each ffmpeg is a process of its own, with every core it can get. */
const CONVERSIONS = { atOnce: 2, atOnceEach: 1, waiting: 32, waitingEach: 8, waitMs: WAIT_MS };
/** Looks are short and asked for by every send with a file. */
const LOOK_MS = 30_000;
/** An hour of sound takes two minutes on a slow machine, so nothing but other voice messages waits behind it. */
const VOICE_MS = 180_000;
/** Results kept: a thumbnail and a waveform are a few kilobytes. */
const MAX_FOUND = 500;

/** Work in its turn. Rejects with ToolError `busy` where too much is being worked on. */
async function inTurn<T>(line: WorkLine, workspaceId: string, work: () => Promise<T>): Promise<T> {
  try {
    return await line.run(workspaceId, work);
  } catch (error) {
    throw error instanceof NoPlace ? new ToolError('busy', 'too many files are being worked on') : error;
  }
}

/**
 * Looks into files of strangers and makes others of them, in processes of their own: a picture that crashes the image
 * library, fills its memory or never ends costs that process, and the job.
 */
export class MediaTools implements AsyncDisposable {
  readonly #ffmpeg: Ffmpeg;
  readonly #looks = new ToolProcess(LOOK_MS);
  readonly #voices = new ToolProcess(VOICE_MS);
  readonly #jobs = new WorkLine(JOBS);
  readonly #conversions = new WorkLine(CONVERSIONS);
  /** Results, and those to come, by what was asked of which content; the oldest goes first. */
  readonly #found = new Map<string, Promise<ToolResult>>();

  /** `ffmpeg` is the program that makes any audio a voice message. */
  constructor(ffmpeg: string) {
    this.#ffmpeg = new Ffmpeg(ffmpeg);
  }

  /**
   * Makes audio of this media type Ogg with Opus, mono, at `to`: with ffmpeg where there is one, else in a process of
   * ours, which knows fewer types. Rejects with ToolError; `missing` for a type that takes ffmpeg.
   */
  async toVoice(audio: { path: string; mimeType: string; to: string }, workspaceId: string): Promise<void> {
    const hasFfmpeg = await this.#ffmpeg.isThere();
    await inTurn(this.#conversions, workspaceId, async () => {
      if (hasFfmpeg) await this.#ffmpeg.toVoice(audio);
      else await this.#voices.run({ job: 'make_voice', ...audio });
    });
  }

  /**
   * What a job that only looks finds in a file of this content. Asked again for the same, as for a file that is sent to
   * many, it is not done again. Rejects with ToolError.
   */
  look(
    job: Exclude<ToolJob, { to: string }>,
    { sha256, workspaceId }: { sha256: string; workspaceId: string },
  ): Promise<ToolResult> {
    const name = `${job.job}/${sha256}`;
    const known = this.#found.get(name);
    if (known) return known;
    const result = this.run(job, workspaceId);
    this.#found.set(name, result);
    result.catch(() => {
      if (this.#found.get(name) === result) this.#found.delete(name);
    });
    const [oldest] = this.#found.keys();
    if (this.#found.size > MAX_FOUND && oldest !== undefined) this.#found.delete(oldest);
    return result;
  }

  /** Rejects with ToolError. */
  run(job: Exclude<ToolJob, { job: 'make_voice' }>, workspaceId: string): Promise<ToolResult> {
    return inTurn(this.#jobs, workspaceId, () => this.#looks.run(job));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#jobs.close();
    this.#conversions.close();
    await Promise.all([this.#looks[Symbol.asyncDispose](), this.#voices[Symbol.asyncDispose]()]);
  }
}
