import type { LinkMethod, SessionSpec } from '../port.ts';
import { type Deferred, deferred } from './deferred.ts';
import type { SessionNumber } from './protocol.ts';
import type { WorkerProcess } from './worker-process.ts';

/** What a session is to do when it is placed in a worker (again). */
export type Goal = { goal: 'open' } | { goal: 'link'; method: LinkMethod; deadline: number };

/** A session as the gateway's process knows it. It outlives the workers it runs in. */
export interface ManagedSession {
  readonly spec: SessionSpec;
  goal: Goal;
  /** Where it runs; absent while it is being placed. */
  place: { worker: WorkerProcess; number: SessionNumber } | undefined;
  /** Set when it was told to end: a dead worker must not bring it back. */
  farewell: 'stop' | 'logout' | undefined;
  /** Placements that failed in a row. */
  failures: number;
  /** Resolved when it is over. */
  readonly over: Deferred<void>;
}

export function managedSession(spec: SessionSpec, goal: Goal): ManagedSession {
  return { spec, goal, place: undefined, farewell: undefined, failures: 0, over: deferred() };
}
