import { closeSync, constants, fdatasyncSync, fsyncSync, openSync } from 'node:fs';
import { PGlite, type postgresMod } from '@electric-sql/pglite';
import { NodeFS } from '@electric-sql/pglite/nodefs';
import type { DiskCounters, DiskFaults } from './pglite-protocol.ts';

type EngineOptions = Partial<postgresMod.PostgresMod>;

/** The parts of Emscripten's NODEFS we hook. Checked at run time: an upgrade that moves them must not go unnoticed. */
interface NodeStream {
  nfd?: number;
  node: { mode: number };
}
interface NodeFsInternals {
  realPath(node: NodeStream['node']): string;
  stream_ops: {
    fsync?: (stream: NodeStream) => number;
    write(stream: NodeStream, buffer: Uint8Array, offset: number, length: number, position: number): number;
  };
}

interface EngineModule {
  FS: { filesystems: { NODEFS: NodeFsInternals }; ErrnoError: new (errno: number) => Error };
}

function internalsOf(mod: unknown): EngineModule['FS'] {
  // The shape is Emscripten's, which publishes no types for it; the checks below are the guarantee.
  const fs = (mod as EngineModule).FS;
  const nodeFs = fs?.filesystems?.NODEFS;
  if (typeof nodeFs?.realPath !== 'function' || typeof nodeFs.stream_ops?.write !== 'function') {
    throw new Error('This build of PGlite has another file system: commits would not reach the disk');
  }
  return fs;
}

const isDirectory = (stream: NodeStream): boolean => (stream.node.mode & constants.S_IFMT) === constants.S_IFDIR;

/** What the file system tells its owner. `onLost` is called when a flush failed: nothing after it may be acknowledged. */
export interface DurableFsHooks {
  onLost(error: Error): void;
  /** The engine ended itself (a PANIC or FATAL of PostgreSQL). */
  onAbort(what: string): void;
}

/**
 * NodeFS whose fsync reaches the disk. As shipped, Emscripten's NODEFS has no fsync at all and a power cut loses
 * every commit since the last flush by the system (electric-sql/pglite #1107).
 */
export class DurableNodeFS extends NodeFS {
  readonly counters: DiskCounters = { fsyncs: 0, directoryFsyncs: 0, writtenBytes: 0 };
  /** Faults to play from now on; tests set it. */
  faults: DiskFaults | undefined;
  readonly #hooks: DurableFsHooks;
  #faultFsyncs = 0;
  #faultBytes = 0;

  constructor(directory: string, hooks: DurableFsHooks) {
    super(directory);
    this.#hooks = hooks;
  }

  override async init(pg: PGlite, options: EngineOptions): Promise<{ emscriptenOpts: EngineOptions }> {
    const result = await super.init(pg, options);
    const preRun = result.emscriptenOpts.preRun;
    result.emscriptenOpts.preRun = [
      ...(Array.isArray(preRun) ? preRun : preRun === undefined ? [] : [preRun]),
      (mod: unknown) => this.#hook(internalsOf(mod)),
    ];
    result.emscriptenOpts.onAbort = (what: unknown) => this.#hooks.onAbort(String(what));
    return result;
  }

  #hook({ filesystems: { NODEFS: fs }, ErrnoError }: EngineModule['FS']): void {
    const write = fs.stream_ops.write;
    fs.stream_ops.fsync = (stream) => this.#flush(fs, stream);
    fs.stream_ops.write = (stream, buffer, offset, length, position) => {
      // The engine only understands its own error class; 51 is ENOSPC in its C library.
      if (this.faults !== undefined && this.#isFull(fs.realPath(stream.node), length)) throw new ErrnoError(51);
      const written = write(stream, buffer, offset, length, position);
      this.counters.writtenBytes += written;
      return written;
    };
  }

  #flush(fs: NodeFsInternals, stream: NodeStream): number {
    try {
      if (this.faults !== undefined) this.#playFsync(fs.realPath(stream.node));
      // fdatasync may leave a directory's new names behind; for a file it keeps all that reading it back needs.
      if (isDirectory(stream) || stream.nfd === undefined) this.#flushDirectory(fs.realPath(stream.node));
      else fdatasyncSync(stream.nfd);
      this.counters.fsyncs += 1;
      return 0;
    } catch (error) {
      // After a failed flush the kernel may have dropped the pages; a second try would lie.
      this.#hooks.onLost(error instanceof Error ? error : new Error(String(error)));
      throw error;
    }
  }

  #flushDirectory(path: string): void {
    const handle = openSync(path, 'r');
    try {
      fsyncSync(handle);
      this.counters.directoryFsyncs += 1;
    } finally {
      closeSync(handle);
    }
  }

  #playFsync(path: string): void {
    if (!path.includes(this.faults?.path ?? '')) return;
    this.#faultFsyncs += 1;
    if (this.#faultFsyncs === this.faults?.failFsync) throw new Error(`EIO: i/o error, fsync '${path}'`);
  }

  #isFull(path: string, length: number): boolean {
    if (!path.includes(this.faults?.path ?? '')) return false;
    this.#faultBytes += length;
    return this.#faultBytes > (this.faults?.fullAfterBytes ?? Number.POSITIVE_INFINITY);
  }
}

// Refused statements are told to their caller; here they would put stored values into a log.
const QUIET = ['log_min_messages=log', 'log_error_verbosity=terse', 'log_min_error_statement=panic'];

/** Start parameters of a durable single-user server: PGlite's own without `-F`, flushing by fsync, small buffers. */
export function durableStartParams(): string[] {
  const own = PGlite.defaultStartParams.filter((param) => param !== '-F');
  if (own.length === PGlite.defaultStartParams.length) throw new Error('PGlite no longer starts with -F: look again');
  // fdatasync is a stub in this build, fsync is wired; hence the sync method. Small samples are enough to tell an
  // index from a whole table, and ANALYZE runs often here (see PgliteUpkeep).
  const settings = [
    'wal_sync_method=fsync',
    'shared_buffers=32MB',
    'jit=off',
    // A plan is made once for a statement, not for each set of values: planning costs more than most of them run.
    'plan_cache_mode=force_generic_plan',
    // Pages come from memory; the default is that of a turning disk, by which small tables are read whole.
    'random_page_cost=1.1',
    'default_statistics_target=10',
    ...QUIET,
  ];
  return [...own, ...settings.flatMap((setting) => ['-c', setting])];
}
