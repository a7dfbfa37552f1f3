import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { ApiClient } from '../../kit/api.ts';

const CLI = fileURLToPath(new URL('../../../dist/surfaces/cli/main.js', import.meta.url));
const START_MS = 60_000;
const KEPT_OUTPUT = 20_000;
const WORKER_DEATH = /"how":"SIGKILL.*"an engine worker ended"/;

const readySchema = z.object({ url: z.string() });

/** What every life of one gateway shares. */
export interface Installation {
  dataDir: string;
  env: Record<string, string>;
  apiKey: string;
}

/**
 * One life of a gateway's process. Unlike the server of the common kit it may die at any moment, before it is ready
 * too: that is what it is for.
 */
export class Life implements AsyncDisposable {
  readonly ended: Promise<void>;
  readonly startedAt = Date.now();
  readonly #child: ChildProcess;
  readonly #installation: Installation;
  readonly #readyFile: string;
  #output = '';
  #line = '';
  #workerDeaths = 0;

  constructor(installation: Installation, env: Record<string, string> = {}) {
    const { dataDir } = installation;
    this.#installation = installation;
    this.#readyFile = path.join(dataDir, `ready-${process.hrtime.bigint()}.json`);
    this.#child = spawn(process.execPath, [CLI, 'serve', '--ready-file', this.#readyFile], {
      env: {
        PATH: process.env['PATH'] ?? '',
        HOME: dataDir,
        WAPING_PORT: '0',
        WAPING_DATA_DIR: dataDir,
        ...installation.env,
        ...env,
      },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => this.#read(text));
    this.ended = new Promise((resolve) => this.#child.once('close', () => resolve()));
  }

  get over(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  /** True when it ended as a power cut ends it, and not by itself. */
  get killed(): boolean {
    return this.#child.signalCode === 'SIGKILL';
  }

  /** Deaths of its engine workers by SIGKILL, as it noticed them. */
  get workerDeaths(): number {
    return this.#workerDeaths;
  }

  /** The end of what it logged. */
  get output(): string {
    return this.#output;
  }

  /** Its API once it listens; null when it died before. Throws when it ended by itself. */
  async ready(): Promise<ApiClient | null> {
    const until = Date.now() + START_MS;
    while (!this.over && Date.now() < until) {
      const text = await readFile(this.#readyFile, 'utf8').catch(() => null);
      if (text !== null) return new ApiClient(readySchema.parse(JSON.parse(text)).url, this.#installation.apiKey);
      await sleep(10);
    }
    if (this.killed) return null;
    throw new Error(`the gateway did not start:\n${this.#output}`);
  }

  kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    return this.ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.over) await this.kill();
  }

  /** Ends an engine worker as a power cut would. False when there is none now. */
  killWorker(): boolean {
    const [worker] = this.#children();
    try {
      return worker !== undefined && process.kill(worker, 'SIGKILL');
    } catch {
      return false;
    }
  }

  /** With the sandbox off the engine workers are its only child processes (proc(5), `children`). */
  #children(): number[] {
    const pid = this.#child.pid ?? 0;
    try {
      return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(/\s+/).filter(Boolean).map(Number);
    } catch {
      return [];
    }
  }

  #read(text: string): void {
    this.#output = (this.#output + text).slice(-KEPT_OUTPUT);
    const lines = (this.#line + text).split('\n');
    this.#line = lines.pop() ?? '';
    this.#workerDeaths += lines.filter((line) => WORKER_DEATH.test(line)).length;
  }
}
