import { Ffmpeg } from './ffmpeg.ts';
import type { ToolJob, ToolResult } from './jobs.ts';
import { ToolProcess } from './tool-process.ts';

/** Looks are short and asked for by every send with a file. */
const LOOKS = { jobMs: 30_000, maxWaiting: 64 };
/** An hour of sound takes two minutes on a slow machine, so nothing but other voice messages waits behind it. */
const VOICES = { jobMs: 180_000, maxWaiting: 8 };
/** Results kept: a thumbnail and a waveform are a few kilobytes. */
const MAX_FOUND = 500;

/**
 * Looks into files of strangers and makes others of them, in processes of their own: a picture that crashes the image
 * library, fills its memory or never ends costs that process, and the job.
 */
export class MediaTools implements AsyncDisposable {
  readonly #ffmpeg: Ffmpeg;
  readonly #looks = new ToolProcess(LOOKS);
  readonly #voices = new ToolProcess(VOICES);
  /** Results by what was asked of which content; the oldest goes first. */
  readonly #found = new Map<string, ToolResult>();

  /** `ffmpeg` is the program that makes any audio a voice message. */
  constructor(ffmpeg: string) {
    this.#ffmpeg = new Ffmpeg(ffmpeg);
  }

  /**
   * Makes audio of this media type Ogg with Opus, mono: with ffmpeg where there is one, else in a process of ours, which
   * knows fewer types. Rejects with ToolError; `missing` for a type that takes ffmpeg.
   */
  async toVoice(from: string, mimeType: string, to: string): Promise<void> {
    if (await this.#ffmpeg.isThere()) await this.#ffmpeg.toVoice(from, mimeType, to);
    else await this.#voices.run({ job: 'make_voice', path: from, mimeType, to });
  }

  /**
   * What a job that only looks finds in a file of this content. Asked again for the same, as for a file that is sent to
   * many, it is not done again. Rejects with ToolError.
   */
  async look(job: Exclude<ToolJob, { to: string }>, sha256: string): Promise<ToolResult> {
    const name = `${job.job}/${sha256}`;
    const known = this.#found.get(name);
    if (known) return known;
    const result = await this.run(job);
    this.#found.set(name, result);
    const [oldest] = this.#found.keys();
    if (this.#found.size > MAX_FOUND && oldest !== undefined) this.#found.delete(oldest);
    return result;
  }

  /** Rejects with ToolError. */
  run(job: Exclude<ToolJob, { job: 'make_voice' }>): Promise<ToolResult> {
    return this.#looks.run(job);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.#looks[Symbol.asyncDispose](), this.#voices[Symbol.asyncDispose]()]);
  }
}
