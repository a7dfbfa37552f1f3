/** Where a job stands. The last three are final. */
export const JOB_STATES = ['queued', 'running', 'succeeded', 'failed', 'canceled'] as const;

export type JobState = (typeof JOB_STATES)[number];

/** What moves a job: `release` gives it back unharmed, `retry` after a failure, `lapse` when its runner fell silent. */
export type JobTrigger = 'claim' | 'succeed' | 'fail' | 'retry' | 'release' | 'lapse' | 'cancel';

const TRANSITIONS: Record<JobState, Partial<Record<JobTrigger, JobState>>> = {
  queued: { claim: 'running', cancel: 'canceled' },
  running: {
    succeed: 'succeeded',
    fail: 'failed',
    retry: 'queued',
    release: 'queued',
    lapse: 'queued',
    cancel: 'canceled',
  },
  succeeded: {},
  failed: {},
  canceled: {},
};

/** What a job becomes; null where the trigger means nothing in its state. */
export function transition(from: JobState, trigger: JobTrigger): JobState | null {
  return TRANSITIONS[from][trigger] ?? null;
}

/** Whether nothing moves a job in this state any more. */
export function isFinal(state: JobState): boolean {
  return Object.keys(TRANSITIONS[state]).length === 0;
}
