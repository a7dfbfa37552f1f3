import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { ToolError, type ToolJob, type ToolReply, type ToolResult } from './jobs.ts';

/** The process ends when nothing was asked of it for so long: idle it is but memory. */
const IDLE_MS = 60_000;
const V8_FLAGS = ['--max-old-space-size=512'];

/** The compiled entry: tests run the sources, processes only ever the compiled form. */
const ENTRY = fileURLToPath(import.meta.url)
  .replace(/([\\/])src([\\/]platform[\\/])/, '$1dist$2')
  .replace(/tool-process\.[jt]s$/, 'tool-main.js');

interface Waiting {
  job: ToolJob;
  resolve(result: ToolResult): void;
  reject(error: ToolError): void;
}

/** A process that works on files, started when there is work: what a file breaks there costs that process, and the job. */
export class ToolProcess implements AsyncDisposable {
  readonly #jobMs: number;
  #child: ChildProcess | undefined;
  #queue: Waiting[] = [];
  #running: Waiting | undefined;
  #timer: NodeJS.Timeout | undefined;
  #call = 0;
  #closed = false;

  /** A job that takes longer, milliseconds, is given up, and its process with it. */
  constructor(jobMs: number) {
    this.#jobMs = jobMs;
  }

  /** One job at a time, in the order they come: whoever asks bounds how many wait. Rejects with ToolError. */
  run(job: ToolJob): Promise<ToolResult> {
    if (this.#closed) return Promise.reject(new ToolError('busy', 'the gateway stops'));
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
      this.#timer = setTimeout(() => this.#retire(), IDLE_MS);
      this.#timer.unref();
      return;
    }
    this.#call += 1;
    this.#timer = setTimeout(() => this.#giveUp(), this.#jobMs);
    try {
      this.#child ??= this.#start();
      this.#child.send({ ...this.#running.job, call: this.#call }, () => {});
    } catch {
      // This machine has no process or no handle left to give.
      this.#giveUp();
    }
  }

  #start(): ChildProcess {
    // Nothing of the gateway's environment: it holds the master key.
    const child = fork(ENTRY, [], { execArgv: V8_FLAGS, env: {}, stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
    child.on('message', (raw) => this.#answered(replyOf(raw)));
    const gone = () => {
      if (this.#child === child) this.#giveUp();
    };
    child.on('error', gone).on('close', gone);
    return child;
  }

  /** Ends the process, and what it works on. The next job has a new one at once: this one is not waited for. */
  #giveUp(): void {
    this.#retire();
    this.#settle((job) => job.reject(new ToolError('failed', 'the file could not be worked on')));
  }

  /** Whoever comes from here on gets a new process, not one that is about to end. */
  #retire(): void {
    const child = this.#child;
    this.#child = undefined;
    child?.kill('SIGKILL');
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
