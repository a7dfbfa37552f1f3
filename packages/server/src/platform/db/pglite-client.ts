import { Worker } from 'node:worker_threads';
import { StartupError } from '../errors.ts';
import type { Logger } from '../log.ts';
import { compiledUrl } from './compiled-url.ts';
import { unavailable } from './db-error.ts';
import type { WorkerEvent, WorkerInput, WorkerRequest } from './pglite-protocol.ts';
import { TextSender } from './pglite-texts.ts';

/** A request without its number: the client numbers it. */
type Unnumbered<R> = R extends WorkerRequest ? Omit<R, 'id'> : never;
export type WorkerCall = Unnumbered<WorkerRequest>;

interface Waiting {
  resolve(answer: unknown): void;
  reject(error: Error): void;
}

export interface ClientOptions {
  input: WorkerInput;
  log: Logger;
  onNotify(channel: string, payload: string): void;
  /** Called after the database came back from a failure, before it takes work. */
  onReopen(): void;
}

/** More requests than this in flight means the disk cannot follow: refuse rather than fill memory. */
const MAX_WAITING = 10_000;
/** A worker silent for so long with work in hand is stuck; it is ended and the database recovered. */
const STUCK_MS = 300_000;
const REOPEN_FIRST_MS = 250;
const REOPEN_LAST_MS = 15_000;

/** Owns the worker thread of the embedded database: numbers requests, and reopens the database when it failed. */
export class PgliteClient {
  readonly #options: ClientOptions;
  readonly #waiting = new Map<number, Waiting>();
  readonly #watch: NodeJS.Timeout;
  #outgoing: WorkerRequest[] = [];
  /** The worker that serves; undefined while there is none. */
  #worker: Worker | undefined;
  /** What the worker that serves knows of texts. */
  #texts = new TextSender();
  /** The newest worker, serving or still opening. */
  #thread: Worker | undefined;
  #nextId = 0;
  #heard = performance.now();
  #closing = false;
  #reopenMs = REOPEN_FIRST_MS;
  #reopenTimer: NodeJS.Timeout | undefined;
  /** Why there is no engine now; told to everyone who asks meanwhile. */
  #why = 'The database is closed';

  private constructor(options: ClientOptions) {
    this.#options = options;
    this.#watch = setInterval(() => this.#checkStuck(), STUCK_MS / 10);
    this.#watch.unref();
  }

  /** Opens the database. Throws StartupError when its files cannot be read or written. */
  static async open(options: ClientOptions): Promise<PgliteClient> {
    const client = new PgliteClient(options);
    try {
      await client.#start();
    } catch (error) {
      clearInterval(client.#watch);
      throw error;
    }
    return client;
  }

  /** Sends one request; its answer is a reply's bytes or a value. Rejects SERVICE_UNAVAILABLE when there is no engine. */
  call(call: WorkerCall): Promise<unknown> {
    if (this.#worker === undefined) return Promise.reject(unavailable(this.#why));
    if (this.#waiting.size >= MAX_WAITING) return Promise.reject(unavailable('The database is overloaded'));
    this.#nextId += 1;
    const id = this.#nextId;
    if (this.#waiting.size === 0) this.#heard = performance.now();
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#post({ ...call, id });
    });
  }

  // One message for all requests of a turn of the loop: waking the thread costs more than most statements.
  #post(request: WorkerRequest): void {
    if (this.#outgoing.push(request) > 1) return;
    setImmediate(() => {
      const requests = this.#outgoing;
      this.#outgoing = [];
      this.#worker?.postMessage(this.#texts.pack(requests));
    });
  }

  /** Finishes what is queued, checkpoints and ends the thread. */
  async close(): Promise<void> {
    this.#closing = true;
    clearInterval(this.#watch);
    clearTimeout(this.#reopenTimer);
    if (this.#worker !== undefined) {
      await this.call({ kind: 'close' }).catch((error: unknown) =>
        this.#options.log.warn({ err: error }, 'the database did not close cleanly; it recovers at the next start'),
      );
    }
    this.#worker = undefined;
    this.#why = 'The database is closed';
    // The engine keeps handles; the files are closed and flushed, so ending the thread loses nothing.
    await this.#thread?.terminate();
    this.#failAll(unavailable(this.#why));
  }

  #start(): Promise<void> {
    const worker = new Worker(compiledUrl(import.meta.url, './pglite-worker.js'), {
      workerData: this.#options.input,
      name: 'database',
    });
    this.#thread = worker;
    // A played fault happens once; what a test wants to see next is the recovery.
    delete this.#options.input.faults;
    return new Promise((resolve, reject) => {
      let fatal: Error | undefined;
      worker.on('message', (events: WorkerEvent[]) => {
        this.#heard = performance.now();
        for (const event of events) {
          if (event.kind === 'ready') {
            this.#worker = worker;
            this.#texts = new TextSender();
            resolve();
          } else if (event.kind === 'fatal') fatal = this.#fatal(event);
          else this.#hear(event);
        }
      });
      worker.on('error', (error) => {
        fatal ??= unavailable('The database engine failed', error);
      });
      worker.once('exit', () => {
        const error = fatal ?? unavailable('The database engine ended');
        reject(error);
        if (this.#worker === worker) this.#lost(error);
      });
    });
  }

  #fatal(event: Extract<WorkerEvent, { kind: 'fatal' }>): Error {
    this.#options.log.error({ reason: event.reason, detail: event.detail }, 'the database stopped');
    const error = event.startup
      ? startupFailure(this.#options.input.directory, event)
      : unavailable(outage(event.reason), new Error(event.detail));
    this.#failAll(error);
    return error;
  }

  #hear(event: Exclude<WorkerEvent, { kind: 'ready' | 'fatal' }>): void {
    if (event.kind === 'notify') this.#options.onNotify(event.channel, event.payload);
    else if (event.kind === 'log') this.#options.log[event.level](event.message);
    else this.#answer(event);
  }

  #answer(event: Extract<WorkerEvent, { id: number }>): void {
    const waiting = this.#waiting.get(event.id);
    this.#waiting.delete(event.id);
    if (event.kind === 'refused') waiting?.reject(unavailable(event.reason));
    else waiting?.resolve(event.kind === 'reply' ? event.bytes : event.value);
  }

  /** Work in flight may or may not be stored; nobody is told that it is. */
  #failAll(error: Error): void {
    const all = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const waiting of all) waiting.reject(error);
  }

  #lost(error: Error): void {
    this.#worker = undefined;
    this.#why = error.message;
    this.#failAll(error);
    if (!this.#closing) this.#planReopen();
  }

  #planReopen(): void {
    this.#reopenTimer = setTimeout(() => {
      this.#start().then(
        () => {
          this.#reopenMs = REOPEN_FIRST_MS;
          this.#options.log.warn('the database is open again');
          this.#options.onReopen();
        },
        () => {
          if (!this.#closing) this.#planReopen();
        },
      );
    }, this.#reopenMs);
    this.#reopenMs = Math.min(this.#reopenMs * 2, REOPEN_LAST_MS);
  }

  #checkStuck(): void {
    if (this.#waiting.size === 0 || performance.now() - this.#heard < STUCK_MS) return;
    this.#options.log.error('the database did not answer for minutes: restarting it');
    this.#worker?.terminate().catch((error: unknown) => this.#options.log.error({ err: error }, 'could not end it'));
  }
}

function outage(reason: string): string {
  if (/No space left|ENOSPC/i.test(reason)) return 'The database disk is full: free some space, then try again';
  return 'The database stopped; it is being reopened. Work in flight may or may not be stored';
}

function startupFailure(directory: string, { reason, detail }: { reason: string; detail: string }): StartupError {
  const text = `${reason}\n${detail}`;
  const cause = new Error(text);
  if (/No space left|ENOSPC/i.test(text)) {
    return new StartupError(`The disk of ${directory} is full`, 'Free some space there, then start again.', cause);
  }
  if (/EACCES|EPERM|EROFS|Permission denied|Read-only/i.test(text)) {
    return new StartupError(
      `${directory} cannot be written`,
      'Give the user that runs WAPing ownership of it, or set WAPING_DATA_DIR to another directory.',
      cause,
    );
  }
  return new StartupError(
    `The database in ${directory} cannot be opened: ${reason}`,
    'Its files are damaged: restore a backup, or move that directory away to start with an empty database.',
    cause,
  );
}
