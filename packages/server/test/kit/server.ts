import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { ApiClient } from './api.ts';

const CLI = fileURLToPath(new URL('../../dist/surfaces/cli/main.js', import.meta.url));
const START_MS = 60_000;
const STOP_MS = 40_000;

export interface ServerOptions {
  dataDir?: string;
  databaseUrl?: string | undefined;
  env?: Record<string, string>;
  /** The key of an earlier start: the ready file names it only once. */
  apiKey?: string | undefined;
  /** The owner of an earlier start, likewise. */
  owner?: Owner | undefined;
}

/** Who the first start made. */
export interface Owner {
  email: string;
  password: string;
}

interface Ready {
  url: string;
  pid: number;
  workspaceId: string;
  apiKey?: string;
  owner?: Owner;
}

function isReady(value: unknown): value is Ready {
  return value !== null && typeof value === 'object' && 'url' in value && 'pid' in value;
}

/** A gateway in a process of its own, started as a user starts it. */
export class TestServer implements AsyncDisposable {
  readonly dataDir: string;
  /** Where this start wrote that it listens. */
  readonly readyFile: string;
  readonly url: string;
  readonly apiKey: string;
  readonly workspaceId: string;
  readonly owner: Owner;
  readonly api: ApiClient;
  readonly #child: ChildProcess;
  readonly #options: ServerOptions;
  readonly #output: string[];
  readonly #ownsDir: boolean;

  private constructor(parts: {
    child: ChildProcess;
    ready: Ready;
    readyFile: string;
    dataDir: string;
    options: ServerOptions;
    output: string[];
  }) {
    const { child, ready, readyFile, dataDir, options, output } = parts;
    this.#child = child;
    this.#options = options;
    this.#output = output;
    this.#ownsDir = options.dataDir === undefined;
    this.dataDir = dataDir;
    this.readyFile = readyFile;
    this.url = ready.url;
    this.workspaceId = ready.workspaceId;
    this.apiKey = ready.apiKey ?? options.apiKey ?? '';
    this.owner = ready.owner ?? options.owner ?? { email: '', password: '' };
    this.api = new ApiClient(ready.url, this.apiKey);
  }

  static async start(options: ServerOptions = {}): Promise<TestServer> {
    const dataDir = options.dataDir ?? (await mkdtemp(path.join(tmpdir(), 'waping-test-')));
    const { child, output, readyFile } = await spawnServer(dataDir, options);
    const until = Date.now() + START_MS;
    for (;;) {
      const text = await readFile(readyFile, 'utf8').catch(() => null);
      const ready: unknown = text === null ? null : JSON.parse(text);
      if (isReady(ready)) return new TestServer({ child, ready, readyFile, dataDir, options, output });
      if (hasEnded(child) || Date.now() > until) throw new Error(`the server did not start:\n${output.join('')}`);
      await sleep(20);
    }
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Null while it runs, and where a signal ended it. */
  get exitCode(): number | null {
    return this.#child.exitCode;
  }

  get output(): string {
    return this.#output.join('');
  }

  /** Resolves when the process is gone, however it ended. */
  async ended(): Promise<void> {
    if (hasEnded(this.#child)) return;
    await new Promise<void>((resolve) => this.#child.once('exit', () => resolve()));
  }

  /** As a power cut ends it. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.ended();
  }

  async stop(): Promise<void> {
    if (hasEnded(this.#child)) return;
    this.#child.kill('SIGTERM');
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), STOP_MS);
    await this.ended();
    clearTimeout(timer);
  }

  /** The next life of the same installation. The last one must have ended. */
  async again(env: Record<string, string> = {}): Promise<TestServer> {
    return TestServer.start({
      ...this.#options,
      dataDir: this.dataDir,
      apiKey: this.apiKey,
      owner: this.owner,
      env: { ...this.#options.env, ...env },
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    if (this.#ownsDir) await rm(this.dataDir, { recursive: true, force: true });
  }
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

async function spawnServer(dataDir: string, options: ServerOptions) {
  const readyFile = path.join(dataDir, `ready-${process.hrtime.bigint()}.json`);
  const output: string[] = [];
  const child = spawn(process.execPath, [CLI, 'serve', '--ready-file', readyFile], {
    env: {
      PATH: process.env['PATH'] ?? '',
      HOME: dataDir,
      WAPING_PORT: '0',
      WAPING_DATA_DIR: dataDir,
      ...(options.databaseUrl ? { DATABASE_URL: options.databaseUrl } : {}),
      ...options.env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => output.push(chunk.toString()));
  return { child, output, readyFile };
}

/** Runs a CLI command to its end. */
export async function runCli(
  args: string[],
  env: Record<string, string>,
): Promise<{ code: number | null; out: string; err: string }> {
  const child = spawn(process.execPath, [CLI, ...args], {
    env: { PATH: process.env['PATH'] ?? '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { code, out: Buffer.concat(out).toString(), err: Buffer.concat(err).toString() };
}
