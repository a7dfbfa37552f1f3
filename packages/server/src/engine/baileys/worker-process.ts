import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { NetworkEndpoint } from '../endpoint.ts';
import { BatchChannel } from './batch-channel.ts';
import { type Deferred, deferred } from './deferred.ts';
import type { EngineOptions, WorkerSettings } from './options.ts';
import { type FromWorker, fromChannel, type ToWorker } from './protocol.ts';

export interface WorkerHooks {
  said: (message: FromWorker, worker: WorkerProcess) => void;
  /** The process is gone, with the tail of what it wrote to stderr. */
  gone: (worker: WorkerProcess, how: string) => void;
}

const STDERR_TAIL = 2_000;
const START_MS = 60_000;
/**
 * A session's garbage is young: more room for it means fewer collections, and collecting in the worker's own thread
 * does not take the cores of the gateway and of other workers. A tenth of the CPU time of a send, measured.
 */
const V8_FLAGS = ['--max-semi-space-size=32', '--single-threaded-gc'];

/** The compiled entry: tests run the sources, processes only ever the compiled form. */
const ENTRY = fileURLToPath(import.meta.url)
  .replace(/([\\/])src([\\/]engine[\\/])/, '$1dist$2')
  .replace(/worker-process\.[jt]s$/, 'worker-main.js');

/** How a worker is held to be alive; see EngineOptions. */
export type Heartbeat = Pick<EngineOptions, 'heartbeatMs' | 'heartbeats'>;

/** One running worker process and its channel. */
export class WorkerProcess {
  readonly pid: number;
  /** Resolves when the worker takes sessions; rejects when it refuses or dies before. */
  readonly ready: Promise<void>;
  readonly #child: ChildProcess;
  readonly #channel: BatchChannel<ToWorker>;
  readonly #ready: Deferred<void> = deferred();
  readonly #exited: Deferred<void> = deferred();
  #alive = true;
  /** Heartbeats since the worker last said anything. */
  #silent = 0;
  #isHung = false;

  constructor(endpoint: NetworkEndpoint, settings: WorkerSettings, hooks: WorkerHooks & Heartbeat) {
    this.#child = fork(ENTRY, [], {
      serialization: 'advanced',
      execArgv: V8_FLAGS,
      // Nothing of the gateway's environment: it holds the master key.
      env: endpoint.caFile === undefined ? {} : { NODE_EXTRA_CA_CERTS: endpoint.caFile },
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    this.pid = this.#child.pid ?? 0;
    this.ready = this.#ready.promise;
    const slow = setTimeout(() => this.#child.kill('SIGKILL'), START_MS);
    this.ready.catch(() => {}).finally(() => clearTimeout(slow));
    this.#channel = new BatchChannel((batch) => {
      if (this.#child.connected) this.#child.send(batch, () => {});
    });
    this.#watch(hooks);
    this.#ready.promise.then(
      () => this.#listen(hooks),
      () => {},
    );
    this.post({ tell: 'init', endpoint, settings });
  }

  get alive(): boolean {
    return this.#alive;
  }

  post(message: ToWorker): void {
    if (this.#alive) this.#channel.post(message);
  }

  /** Ends the process and resolves when it is gone. */
  async end(): Promise<void> {
    if (!this.#alive) return;
    this.#channel.flush();
    this.#child.kill('SIGKILL');
    await this.#exited.promise;
  }

  /** A worker whose event loop stands still keeps its sessions and answers nothing: ended, it is replaced. */
  #listen({ heartbeatMs, heartbeats }: Heartbeat): void {
    const timer = setInterval(() => {
      this.#silent += 1;
      this.#isHung = this.#silent > heartbeats;
      if (this.#isHung) this.#child.kill('SIGKILL');
      else this.post({ tell: 'beat' });
    }, heartbeatMs);
    timer.unref();
    void this.#exited.promise.then(() => clearInterval(timer));
  }

  #watch(hooks: WorkerHooks): void {
    let tail = '';
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      tail = (tail + text).slice(-STDERR_TAIL);
    });
    this.#child.on('message', (raw) => {
      this.#silent = 0;
      for (const message of fromChannel<FromWorker>(raw)) {
        if (message.say === 'ready') this.#ready.resolve();
        else if (message.say === 'refused') this.#ready.reject(new Error(message.reason));
        else if (message.say !== 'beat') hooks.said(message, this);
      }
    });
    const over = (how: string): void => {
      if (!this.#alive) return;
      this.#alive = false;
      this.#ready.reject(new Error(`the engine worker ended: ${how}`));
      this.#exited.resolve();
      hooks.gone(this, tail ? `${how}: ${tail.trim()}` : how);
    };
    this.#child.on('error', (error) => over(error.message));
    // `close` comes after the last message was read from the channel; `exit` may come before.
    this.#child.on('close', (code, signal) => over(this.#isHung ? 'it hung' : (signal ?? `code ${code ?? 'unknown'}`)));
  }
}
