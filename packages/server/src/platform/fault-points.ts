/**
 * Places where the crash suite ends the process as a power cut would. Each stands between two steps of a send or a
 * receive. Off unless armed at start; a disarmed point costs one comparison.
 */
export const FAULT_POINTS = [
  'accept.before-transaction',
  'accept.before-commit',
  'accept.after-commit',
  'online.unclaimed',
  'dispatch.before-claim',
  'dispatch.after-claim',
  'dispatch.handed-over',
  'dispatch.left',
  'commit.before',
  'commit.inside',
  'commit.after',
  'commit.told',
  'worker.encrypted',
  'worker.before-frame',
  'worker.after-frame',
  'worker.ack-seen',
  'worker.inbound-decrypted',
] as const;

/** The same for the rotation of the master key, which the suite on messages never passes. */
export const ROTATION_POINTS = [
  'rotate.key-written',
  'rotate.begun',
  'rotate.batch',
  'rotate.rewrapped',
  'rotate.finished',
  'rotate.replaced',
] as const;

/** The same for the history of an account. */
export const HISTORY_POINTS = ['history.before', 'history.after'] as const;

/** The same for webhooks: an endpoint was given deliveries, some were claimed, one was answered, results were written. */
export const WEBHOOK_POINTS = ['webhook.fed', 'webhook.claimed', 'webhook.answered', 'webhook.settled'] as const;

/** The same for sinks: events were read, the broker has confirmed them, their place is written. */
export const SINK_POINTS = ['sink.read', 'sink.confirmed', 'sink.moved'] as const;

export type FaultPoint =
  | (typeof FAULT_POINTS)[number]
  | (typeof ROTATION_POINTS)[number]
  | (typeof HISTORY_POINTS)[number]
  | (typeof WEBHOOK_POINTS)[number]
  | (typeof SINK_POINTS)[number];

interface Armed {
  point: FaultPoint;
  /** How many passes survive before the one that kills. */
  passes: number;
}

let armed: Armed | null = null;

/** Reads `point:passes`, as the crash suite gives it. Throws on an unknown point: a typo must not look like success. */
export function armFaultPoint(spec: string): void {
  const [name, passes] = spec.split(':');
  const points = [...FAULT_POINTS, ...ROTATION_POINTS, ...HISTORY_POINTS, ...WEBHOOK_POINTS, ...SINK_POINTS];
  const point = points.find((candidate) => candidate === name);
  if (!point) throw new Error(`unknown fault point: ${name}`);
  armed = { point, passes: Number(passes ?? 0) };
}

/** Ends the process with SIGKILL when this point is armed and its passes are used up. */
export function faultPoint(point: FaultPoint): void {
  if (armed === null || armed.point !== point) return;
  if (armed.passes-- > 0) return;
  process.kill(process.pid, 'SIGKILL');
}
