import type { Identity } from './tenant.ts';
import type { WireValue } from './values.ts';

/** One statement as the worker takes it: parameters already in wire form. */
export interface WireStatement {
  sql: string;
  values: WireValue[];
}

/** What the embedded database's worker is started with. */
export interface WorkerInput {
  /** The PostgreSQL data directory; made from the template when it does not exist. */
  directory: string;
  /** Milliseconds one transaction may hold the only connection before it is rolled back. */
  txTimeoutMs: number;
  upkeep: UpkeepLimits;
  /** Disk faults to play, for tests only. */
  faults?: DiskFaults;
}

export interface UpkeepLimits {
  /** How often to look, in milliseconds. */
  everyMs: number;
  /** Bytes of write-ahead log after which a checkpoint is made. */
  checkpointBytes: number;
  /** Milliseconds after which a checkpoint is made when anything was written. */
  checkpointMs: number;
  /** Milliseconds between looks for tables worth a VACUUM. */
  vacuumMs: number;
}

/** Makes the disk fail at a chosen point. Counts start when the database is open. */
export interface DiskFaults {
  /** The fsync with this number (1 = first) fails with EIO. */
  failFsync?: number;
  /** After this many bytes every write fails with ENOSPC. */
  fullAfterBytes?: number;
  /** Only files whose path holds this text count and fail; all when absent. */
  path?: string;
}

export interface DiskCounters {
  fsyncs: number;
  directoryFsyncs: number;
  writtenBytes: number;
}

export type WorkerRequest =
  /** `patient`: stands in a line of its own (`Db.patient`); `apart` no caller shares a commit with it. */
  | { id: number; kind: 'run'; as: Identity; patient?: 'along' | 'apart'; statements: WireStatement[] }
  | { id: number; kind: 'tx'; as: Identity; tx: number; statements: WireStatement[]; end?: 'commit' | 'rollback' }
  | { id: number; kind: 'script'; sql: string }
  | { id: number; kind: 'counters' }
  | { id: number; kind: 'upkeep' }
  | { id: number; kind: 'close' };

export type WorkerEvent =
  | { kind: 'ready' }
  | { kind: 'reply'; id: number; bytes: Uint8Array }
  | { kind: 'value'; id: number; value: DiskCounters | null }
  /** The request was not run, or its transaction is gone. */
  | { kind: 'refused'; id: number; reason: string }
  | { kind: 'notify'; channel: string; payload: string }
  | { kind: 'log'; level: 'debug' | 'warn'; message: string }
  /** The engine cannot go on; the worker exits right after. `startup` says it never became ready. */
  | { kind: 'fatal'; startup: boolean; reason: string; detail: string };
