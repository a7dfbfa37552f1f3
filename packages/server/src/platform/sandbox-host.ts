import { type ChildProcess, fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { type ErrorCode, StartupError, WapingError } from './errors.ts';
import type { Logger } from './log.ts';

const START_MS = 30_000;
/** Longer than the network itself waits for a client that is being linked. */
const CALL_MS = 20_000;
/** Pause before the network is started again, doubling up to the cap while it does not come back. */
const RESTART_MS = 500;
const RESTART_CAP_MS = 30_000;
const STOP_MS = 5_000;

const readySchema = z.object({
  url: z.string(),
  port: z.number(),
  rootKey: z.string(),
  controlUrl: z.string(),
  controlToken: z.string(),
  caFile: z.string(),
  mediaHost: z.string(),
});

const failureSchema = z.object({ error: z.object({ message: z.string() }) });
const CODE_OF: Record<number, ErrorCode> = {
  400: 'VALIDATION_ERROR',
  404: 'NOT_FOUND',
  408: 'CONFLICT',
  409: 'CONFLICT',
};

type Ready = z.output<typeof readySchema>;

/**
 * The simulated WhatsApp network as a child process with its state in the data directory: it outlives nothing, and
 * comes back with the same keys, phones and links. Ports, keys and certificates stay the same over a restart of the child.
 */
export class SandboxHost implements AsyncDisposable {
  readonly #dir: string;
  readonly #log: Logger;
  #child: ChildProcess | null = null;
  #ready: Ready | null = null;
  #stopped = false;

  private constructor(dir: string, log: Logger) {
    this.#dir = dir;
    this.#log = log;
  }

  static async start(dataDir: string, log: Logger): Promise<SandboxHost> {
    const host = new SandboxHost(path.join(dataDir, 'sandbox'), log);
    await mkdir(host.#dir, { recursive: true, mode: 0o700 });
    try {
      await host.#spawn({ port: 0, mediaPort: 0 });
    } catch (error) {
      await host[Symbol.asyncDispose]();
      throw error;
    }
    return host;
  }

  /** Where the engine finds this network. */
  get endpoint(): { url: string; rootKey: string; caFile: string; mediaHost: string } {
    if (!this.#ready) throw new Error('the sandbox is not started');
    const { url, rootKey, caFile, mediaHost } = this.#ready;
    return { url, rootKey, caFile, mediaHost };
  }

  async #seed(): Promise<string> {
    const file = path.join(this.#dir, 'seed');
    await writeFile(file, randomBytes(16).toString('hex'), { flag: 'wx', mode: 0o600 }).catch(
      (error: NodeJS.ErrnoException) => {
        if (error.code !== 'EEXIST') throw error;
      },
    );
    return (await readFile(file, 'utf8')).trim();
  }

  async #spawn({ port, mediaPort }: { port: number; mediaPort: number }): Promise<void> {
    const readyFile = path.join(this.#dir, 'ready.json');
    await rm(readyFile, { force: true });
    const main = fileURLToPath(new URL('main.js', import.meta.resolve('@waping/sandbox')));
    const args = ['--port', String(port), '--media-port', String(mediaPort), '--ready-file', readyFile];
    args.push('--seed', await this.#seed());
    args.push('--state', path.join(this.#dir, 'state.json'));
    const child = fork(main, args, {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      env: {},
      execArgv: [],
    });
    this.#child = child;
    try {
      this.#ready = await this.#awaitReady(readyFile, child);
    } catch (error) {
      child.kill('SIGKILL');
      throw error;
    }
    // Its end before this was a failed start, and whoever started it heard of it.
    if (child.exitCode !== null || child.signalCode !== null) this.#exited(child.exitCode);
    else child.once('exit', (code) => this.#exited(code));
  }

  async #awaitReady(file: string, child: ChildProcess): Promise<Ready> {
    const until = Date.now() + START_MS;
    while (Date.now() < until && child.exitCode === null) {
      const text = await readFile(file, 'utf8').catch(() => null);
      if (text !== null) return readySchema.parse(JSON.parse(text));
      await sleep(25);
    }
    throw new StartupError('the sandbox network did not start', 'See the log above, or start with WAPING_SANDBOX=off.');
  }

  #exited(code: number | null): void {
    if (this.#stopped || !this.#ready) return;
    this.#log.error({ code }, 'the sandbox network ended; starting it again');
    this.#restart(this.#ready, 0);
  }

  #restart({ port, mediaHost }: Ready, failures: number): void {
    const mediaPort = Number(mediaHost.split(':').at(-1));
    const pause = Math.min(RESTART_CAP_MS, RESTART_MS * 2 ** failures);
    setTimeout(() => {
      if (this.#stopped) return;
      this.#spawn({ port, mediaPort }).catch((error: unknown) => {
        this.#log.error({ err: error }, 'the sandbox network did not come back; trying again');
        if (this.#ready) this.#restart(this.#ready, failures + 1);
      });
    }, pause).unref();
  }

  /** One command to the network's control plane; its refusals come as WapingError with its own words. */
  async call(operation: string, body: Record<string, unknown>): Promise<unknown> {
    if (!this.#ready) throw new WapingError('SERVICE_UNAVAILABLE', 'the sandbox network is starting');
    const reply = await fetch(`${this.#ready.controlUrl}/${operation}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${this.#ready.controlToken}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(CALL_MS),
    }).catch((cause: unknown) => {
      throw new WapingError('SERVICE_UNAVAILABLE', 'the sandbox network does not answer', { cause });
    });
    const answer: unknown = await reply.json().catch(() => null);
    if (reply.ok) return answer;
    const message = failureSchema.safeParse(answer).data?.error.message ?? 'the sandbox network refused';
    const code = CODE_OF[reply.status];
    if (code) throw new WapingError(code, message);
    // Not a refusal but a fault of its own: the log has it.
    throw new WapingError('SERVICE_UNAVAILABLE', 'the sandbox network could not do this', {
      cause: new Error(message),
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped = true;
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    child.kill('SIGTERM');
    const gaveUp = Symbol('gave up');
    const winner = await Promise.race([ended, sleep(STOP_MS, gaveUp, { ref: false })]);
    if (winner === gaveUp) child.kill('SIGKILL');
  }
}
