import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { Ffmpeg } from './ffmpeg.ts';
import { ToolError, type ToolJob, type ToolReply, type ToolResult } from './jobs.ts';

/** One job at a time; so many more may wait. */
const MAX_WAITING = 64;
/** A job that takes longer is given up, and its process with it. */
const JOB_MS = 30_000;
/** The process ends when nothing was asked of it for so long: idle it is but memory. */
const IDLE_MS = 60_000;
/** Results kept: a thumbnail and a waveform are a few kilobytes. */
const MAX_FOUND = 500;
const V8_FLAGS = ['--max-old-space-size=512'];

/** The compiled entry: tests run the sources, processes only ever the compiled form. */
const ENTRY = fileURLToPath(import.meta.url)
  .replace(/([\\/])src([\\/]platform[\\/])/, '$1dist$2')
  .replace(/tools\.[jt]s$/, 'tool-main.js');

interface Waiting {
  job: ToolJob;
  resolve(result: ToolResult): void;
  reject(error: ToolError): void;
}

/**
 * Looks into files of strangers and makes others of them, in a process of its own: a picture that crashes the image
 * library, fills its memory or never ends costs that process, and the job.
 */
export class MediaTools implements AsyncDisposable {
  readonly #ffmpeg: Ffmpeg;
  /** Results by what was asked of which content; the oldest goes first. */
  readonly #found = new Map<string, ToolResult>();
  #child: ChildProcess | undefined;
  #queue: Waiting[] = [];
  #running: Waiting | undefined;
  #timer: NodeJS.Timeout | undefined;
  #call = 0;
  #closed = false;

  /** `ffmpeg` is the program that makes any audio a voice message. */
  constructor(ffmpeg: string) {
    this.#ffmpeg = new Ffmpeg(ffmpeg);
  }

  /** Makes audio of this media type Ogg with Opus, mono. Rejects with ToolError; `missing` where there is no ffmpeg. */
  async toVoice(from: string, mimeType: string, to: string): Promise<void> {
    if (!(await this.#ffmpeg.isThere()))
      throw new ToolError('missing', 'this installation has no ffmpeg: give Ogg with Opus');
    await this.#ffmpeg.toVoice(from, mimeType, to);
  }

  /**
   * What a job that only looks finds in a file of this content. Asked again for the same, as for a file that is sent to
   * many, it is not done again. Rejects with ToolError.
   */
  async look(job: Exclude<ToolJob, { job: 'sticker' }>, sha256: string): Promise<ToolResult> {
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
  run(job: ToolJob): Promise<ToolResult> {
    if (this.#closed || this.#queue.length >= MAX_WAITING)
      return Promise.reject(new ToolError('busy', 'too many files are being worked on'));
    return new Promise((resolve, reject) => {
      this.#queue.push({ job, resolve, reject });
      this.#next();
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    for (const { reject } of this.#queue.splice(0)) reject(new ToolError('busy', 'the gateway stops'));
    const child = this.#child;
    if (!child) return;
    const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
    child.kill('SIGKILL');
    await ended;
  }

  #next(): void {
    clearTimeout(this.#timer);
    if (this.#running) return;
    this.#running = this.#queue.shift();
    if (!this.#running) {
      this.#timer = setTimeout(() => this.#child?.kill('SIGKILL'), IDLE_MS);
      this.#timer.unref();
      return;
    }
    this.#child ??= this.#start();
    this.#call += 1;
    this.#child.send({ ...this.#running.job, call: this.#call }, () => {});
    this.#timer = setTimeout(() => this.#child?.kill('SIGKILL'), JOB_MS);
  }

  #start(): ChildProcess {
    // Nothing of the gateway's environment: it holds the master key.
    const child = fork(ENTRY, [], { execArgv: V8_FLAGS, env: {}, stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
    child.on('message', (raw) => this.#answered(replyOf(raw)));
    child.on('error', () => child.kill('SIGKILL'));
    child.on('close', () => {
      if (this.#child === child) this.#child = undefined;
      this.#settle((job) => job.reject(new ToolError('unreadable', 'the file could not be worked on')));
    });
    return child;
  }

  #answered(reply: ToolReply): void {
    if (reply.call !== this.#call) return;
    if ('result' in reply) this.#settle((job) => job.resolve(reply.result));
    else this.#settle((job) => job.reject(new ToolError(reply.error, reply.message)));
  }

  #settle(how: (job: Waiting) => void): void {
    clearTimeout(this.#timer);
    const job = this.#running;
    this.#running = undefined;
    if (job) how(job);
    if (!this.#closed) this.#next();
  }
}

/** Guarantee: the only sender is `tool-main.ts` of this package in one version. */
function replyOf(raw: unknown): ToolReply {
  return raw as ToolReply;
}
