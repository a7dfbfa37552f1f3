import { availableParallelism, tmpdir } from 'node:os';
import path from 'node:path';

/** When a session is taken for deaf; see `worker/liveness.ts`. Times are milliseconds. */
export interface LivenessLimits {
  /** Between two looks. */
  checkMs: number;
  /** So long without any frame, and a ping is sent; so long without its answer, and the session is deaf. */
  silentMs: number;
  pingMs: number;
  /** A send without an ack while nothing else came. */
  ackMs: number;
  /** So many acked sends, the first so long ago, and no receipt from anybody. */
  receiptSends: number;
  receiptsMs: number;
  /** Nothing but answers for so long: a new connection, to be sure. Doubles up to eight times where nothing was missed. */
  quietMs: number;
  /** New sockets in a row, before it is given up as degraded. */
  restarts: number;
}

/** What every worker is told once, at its start. Times are milliseconds. */
export interface WorkerSettings {
  /** The name people see on their phone under linked devices. */
  deviceName: string;
  /** Delay before the first reconnect and the cap of the exponential back-off. */
  reconnectBaseMs: number;
  reconnectCapMs: number;
  /** Handshakes in flight in one worker: more only make all of them slow. */
  handshakes: number;
  /** A socket that is not open by then is given up. */
  openTimeoutMs: number;
  keepAliveMs: number;
  liveness: LivenessLimits;
  /** Frames and bytes that may wait for the database before the session is closed. */
  gateFrames: number;
  gateBytes: number;
  /** Signal keys a session keeps in memory. */
  cachedKeys: number;
  /** Contacts whose device list a session keeps in memory, and for how long. */
  cachedContacts: number;
  contactTtlMs: number;
  /** Chats sent to at the same time in one session, and messages that may wait in it. */
  sendLanes: number;
  sendQueue: number;
  /** Prekeys kept below the lowest one the server still offers, for messages on their way. */
  preKeyMargin: number;
  /** A private directory for files on their way to the media host, encrypted. Made where it is missing. */
  mediaDir: string;
  /** For the crash suite: `point:passes`, see platform/fault-points.ts. */
  faultPoint?: string;
}

export interface EngineOptions {
  /** Worker processes per network. */
  workersPerNetwork: number;
  /** How long a person has to scan or type, milliseconds. */
  linkTimeoutMs: number;
  /** How long a rejecting store is retried while all frames wait, milliseconds. */
  commitRetryMs: number;
  /** Records in one commit; a single unit is never split. */
  commitRecords: number;
  /** How long `logout` and `stop` wait before they go on without the network, milliseconds. */
  farewellMs: number;
  /** How long a question to WhatsApp may take, milliseconds. */
  askMs: number;
  /** How often a worker is asked whether it is alive, milliseconds, and how many times in a row without a word end it. */
  heartbeatMs: number;
  heartbeats: number;
  /** Back-off of worker restarts, milliseconds. */
  restartBaseMs: number;
  restartCapMs: number;
  /** For the crash suite: armed in the first process of a seat, so that the next one can finish. */
  faultPoint?: string;
  worker: WorkerSettings;
}

/** What a caller may set; the rest keeps its default. */
export type PartialEngineOptions = Partial<Omit<EngineOptions, 'worker'>> & {
  worker?: Partial<Omit<WorkerSettings, 'liveness'>> & { liveness?: Partial<LivenessLimits> | undefined };
};

export const LIVENESS_DEFAULTS: LivenessLimits = {
  checkMs: 5_000,
  silentMs: 45_000,
  pingMs: 10_000,
  ackMs: 25_000,
  receiptSends: 10,
  receiptsMs: 10 * 60_000,
  quietMs: 3 * 3600_000,
  restarts: 3,
};

const WORKER_DEFAULTS: WorkerSettings = {
  deviceName: 'WAPing',
  reconnectBaseMs: 1_000,
  reconnectCapMs: 60_000,
  handshakes: 20,
  openTimeoutMs: 45_000,
  keepAliveMs: 30_000,
  liveness: LIVENESS_DEFAULTS,
  gateFrames: 20_000,
  gateBytes: 32 * 1024 * 1024,
  cachedKeys: 1_500,
  cachedContacts: 1_000,
  contactTtlMs: 60 * 60_000,
  sendLanes: 16,
  sendQueue: 2_000,
  preKeyMargin: 100,
  mediaDir: path.join(tmpdir(), `waping-media-${process.pid}`),
};

const DEFAULTS: Omit<EngineOptions, 'worker'> = {
  workersPerNetwork: Math.max(1, availableParallelism() - 1),
  linkTimeoutMs: 180_000,
  commitRetryMs: 30_000,
  commitRecords: 500,
  farewellMs: 5_000,
  askMs: 20_000,
  // A minute: far above what ever kept an event loop, also on a machine that has no time.
  heartbeatMs: 5_000,
  heartbeats: 12,
  restartBaseMs: 250,
  restartCapMs: 10_000,
};

export function engineOptions(given: PartialEngineOptions = {}): EngineOptions {
  const { worker, ...rest } = given;
  const liveness = { ...LIVENESS_DEFAULTS, ...worker?.liveness };
  return { ...DEFAULTS, ...rest, worker: { ...WORKER_DEFAULTS, ...worker, liveness } };
}
