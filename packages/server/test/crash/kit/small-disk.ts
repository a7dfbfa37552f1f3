import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, statfsSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const CLI = fileURLToPath(new URL('../../../dist/surfaces/cli/main.js', import.meta.url));
const BLOCK = Buffer.alloc(64 * 1024, 1);

interface Ended {
  code: number | null;
  out: string;
  err: string;
}

/** How to get a mount namespace: as root at once, else as root of a user namespace of one's own. */
function namespaceFlags(): string[] {
  const ways = [['--mount'], ['--user', '--map-root-user', '--mount']];
  const way = ways.find((flags) => spawnSync('unshare', [...flags, 'true']).status === 0);
  if (way) return way;
  throw new Error('A real full disk needs Linux with mount namespaces (unshare): run as root or allow user namespaces');
}

function ended(child: ChildProcess): Promise<Ended> {
  const read = { out: '', err: '' };
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    read.out += text;
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    read.err += text;
  });
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, ...read })));
}

/** A data directory on a disk of its own (tmpfs), which only processes started here see. Gone after disposal. */
export class SmallDisk implements AsyncDisposable {
  readonly dataDir: string;
  /** A place that is not on the disk. */
  readonly outside: string;
  readonly #holder: ChildProcess;
  readonly #enter: string[];

  private constructor(parts: { outside: string; dataDir: string; holder: ChildProcess; user: boolean }) {
    this.outside = parts.outside;
    this.dataDir = parts.dataDir;
    this.#holder = parts.holder;
    this.#enter = ['-t', String(parts.holder.pid), '-m', ...(parts.user ? ['-U', '--preserve-credentials'] : [])];
  }

  static async mount(megabytes: number): Promise<SmallDisk> {
    const outside = mkdtempSync(path.join(tmpdir(), 'waping-disk-'));
    const dataDir = path.join(outside, 'data');
    mkdirSync(dataDir);
    const flags = namespaceFlags();
    // The holder lives as long as its standard input is open, and the namespace as long as the holder.
    const script = 'mount -t tmpfs -o size="$1"m none "$0" && echo mounted && cat';
    const holder = spawn('unshare', [...flags, 'sh', '-c', script, dataDir, String(megabytes)]);
    await new Promise<void>((resolve, reject) => {
      holder.stdout.once('data', () => resolve());
      holder.once('close', (code) => reject(new Error(`the disk was not mounted (${code})`)));
    });
    return new SmallDisk({ outside, dataDir, holder, user: flags.includes('--user') });
  }

  spawn(args: string[], env: Record<string, string> = {}): ChildProcess {
    return spawn('nsenter', [...this.#enter, process.execPath, CLI, ...args], {
      env: {
        PATH: process.env['PATH'] ?? '',
        HOME: this.outside,
        WAPING_DATA_DIR: this.dataDir,
        WAPING_PORT: '0',
        WAPING_SANDBOX: 'off',
        WAPING_LOG_LEVEL: 'silent',
        ...env,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  }

  run(args: string[]): Promise<Ended> {
    return ended(this.spawn(args));
  }

  async resize(megabytes: number): Promise<void> {
    const size = `remount,size=${megabytes}m`;
    const { code, err } = await ended(spawn('nsenter', [...this.#enter, 'mount', '-o', size, this.dataDir]));
    if (code !== 0) throw new Error(err);
  }

  /** Writes until nothing fits any more. */
  fill(): void {
    const file = openSync(this.#seen('filler'), 'a');
    try {
      for (let size = BLOCK.length; size > 0; size = Math.floor(size / 2)) {
        try {
          for (;;) writeSync(file, BLOCK, 0, size);
        } catch (error) {
          if (!(error instanceof Error && 'code' in error && error.code === 'ENOSPC')) throw error;
        }
      }
    } finally {
      closeSync(file);
    }
    if (statfsSync(this.#seen('.')).bavail > 0) throw new Error('the disk is not full');
  }

  free(): void {
    rmSync(this.#seen('filler'));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const gone = new Promise<void>((resolve) => this.#holder.once('close', () => resolve()));
    this.#holder.stdin?.end();
    await gone;
    rmSync(this.outside, { recursive: true, force: true });
  }

  /** The disk's files from outside its namespace (proc(5), `root`). */
  #seen(name: string): string {
    return path.join(`/proc/${this.#holder.pid}/root`, this.dataDir, name);
  }
}
