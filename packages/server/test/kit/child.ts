import { type ChildProcess, spawn } from 'node:child_process';
import { createServer } from 'node:net';

// Its own standard input ends when we do, however we ended: then it ends all that it has started.
const GUARD = '"$0" "$@" & cat >/dev/null; kill -KILL 0';
const KEPT = 20_000;

/** A server in a process group of its own, which ends with us. */
export class GuardedChild {
  readonly #child: ChildProcess;
  readonly #closed: Promise<void>;
  #said = '';
  #isOver = false;

  constructor(command: string, args: readonly string[], options: { cwd: string; env: Record<string, string> }) {
    this.#child = spawn('/bin/sh', ['-c', GUARD, command, ...args], {
      ...options,
      detached: true,
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    for (const stream of [this.#child.stdout, this.#child.stderr])
      stream?.on('data', (chunk: Buffer) => {
        this.#said = (this.#said + chunk.toString()).slice(-KEPT);
      });
    this.#closed = new Promise((resolve) => {
      this.#child.once('close', () => {
        this.#isOver = true;
        resolve();
      });
    });
  }

  get said(): string {
    return this.#said;
  }

  /** Waits until it has said something that matches. Throws, with what it said, where it does not in time. */
  async until(pattern: RegExp, ms: number): Promise<void> {
    for (const end = Date.now() + ms; !pattern.test(this.#said); ) {
      if (this.#isOver || Date.now() > end) throw new Error(`${pattern} was never said:\n${this.#said}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** Ends it as a power cut would, with all that it started. */
  async kill(): Promise<void> {
    this.#child.stdin?.end();
    await this.#closed;
  }
}

/** A port of loopback that nobody listens on. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
