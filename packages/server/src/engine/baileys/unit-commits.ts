import type { Committer } from './committer.ts';
import type { ManagedSession } from './managed-session.ts';
import type { SessionNumber, WriteUnit } from './protocol.ts';
import type { WorkerProcess } from './worker-process.ts';

export interface UnitCommitDeps {
  committer: Committer;
  worker: WorkerProcess;
  sessionOf: (number: SessionNumber) => ManagedSession | undefined;
  /** The unit will never be durable. */
  unwritten: (session: ManagedSession, outcome: 'fenced' | 'lost') => void;
}

/**
 * Passes one hand-over of a worker to the committer. The worker counts its hand-overs in flight, so it hears exactly
 * once that this one is settled, with the sequence numbers that became durable.
 */
export function commitUnits(units: readonly WriteUnit[], deps: UnitCommitDeps): void {
  const marks: { session: SessionNumber; seq: number }[] = [];
  let open = units.length;
  const settled = (): void => {
    open -= 1;
    if (open === 0) deps.worker.post({ tell: 'durable', marks });
  };
  for (const { session: number, upTo, records } of units) {
    const session = deps.sessionOf(number);
    if (!session) {
      settled();
      continue;
    }
    if (records.some((one) => one.kind === 'session' && one.fact.fact === 'paired')) session.goal = { goal: 'open' };
    const done = (outcome: 'durable' | 'fenced' | 'lost'): void => {
      if (outcome === 'durable') marks.push({ session: number, seq: upTo });
      else deps.unwritten(session, outcome);
      settled();
    };
    deps.committer.add({ spec: session.spec, records, stream: session.place, done });
  }
}
