import { z } from 'zod';
import { type JobHandler, JobPause, type JobRun } from '../../platform/jobs/run.ts';
import { endReservations } from '../media/index.ts';
import { moveTotp, totpContext } from '../members/index.ts';
import { endMessages } from '../messages/index.ts';
import { allowAuditErasure } from './audit-store.ts';
import { ERASED } from './contact-erase-job.ts';
import type { DataRightsServices } from './services.ts';
import { WORKSPACE_TABLES } from './tables.ts';
import { unlinkDevices } from './unlink-devices.ts';
import {
  countLeaving,
  countRows,
  deleteHomeless,
  deleteRows,
  deleteWorkspace,
  lockDoomed,
  peopleOf,
  recordErasedWorkspace,
  totpsToMove,
  waitingInWorkspace,
} from './workspace-store.ts';

const PAGE = 1_000;
/** In the last transaction the workspace is shut and all but empty: what came since goes whole. */
const ALL = 1_000_000_000;
/** The phones are told for this long; one that is away learns of it from WhatsApp when its device is refused. */
const UNLINK_MS = 5 * 60_000;
const LOOK_AGAIN_MS = 1_000;

const tables = WORKSPACE_TABLES.map(({ table }) => table);
/** Emptied while the devices still log out, which takes their keys and their rows. */
const FIRST = ['message', 'conversation', 'contact', 'idempotency', 'event'];
/** Emptied in the end: the job's own row, and what says who belongs here and may look how far it is. */
const LAST = ['job', 'membership', 'person_session'];
/** Emptied between the two. Ending the messages in it has emptied the outbox. */
const THEN = tables.filter((table) => ![...FIRST, ...LAST, 'outbox'].includes(table));

const checkpointSchema = z.object({
  /** Index into the phases. */
  phase: z.number(),
  done: z.number(),
  total: z.number(),
  removed: z.record(z.string(), z.number()),
});

type Checkpoint = z.output<typeof checkpointSchema>;

const PHASES = ['unlink', 'outbox', ...FIRST, 'devices', ...THEN, 'people', 'end'];

async function begin(job: JobRun): Promise<void> {
  if (job.checkpoint !== null) return;
  await job.step(async (tx) => {
    let total = 0;
    for (const table of FIRST) total += await countRows(tx, table, job.workspaceId);
    return { checkpoint: { phase: 0, done: 0, total, removed: {} }, phase: 'unlink', done: 0, total };
  });
}

const progress = (at: Checkpoint, over: boolean) => {
  const next = { ...at, phase: over ? at.phase + 1 : at.phase };
  const phase = PHASES[next.phase] ?? 'end';
  return { checkpoint: next, phase, done: at.done, total: Math.max(at.total, at.done) };
};

async function emptyTable(job: JobRun, at: Checkpoint, table: string): Promise<void> {
  await job.step(async (tx) => {
    await allowAuditErasure(tx);
    const count = await deleteRows(tx, { table, workspaceId: job.workspaceId, limit: PAGE });
    const removed = { ...at.removed, [table]: (at.removed[table] ?? 0) + count };
    return progress({ ...at, removed, done: at.done + count }, count < PAGE);
  });
}

/** Second factors of people who belong elsewhere too are sealed anew there: their key is about to go. */
async function rehouse({ db, dataKeys }: DataRightsServices, job: JobRun, at: Checkpoint): Promise<void> {
  const { workspaceId } = job;
  const moving = await totpsToMove(db, workspaceId, PAGE);
  const moves: Parameters<typeof moveTotp>[1][] = [];
  for (const { person_id: personId, totp_sealed: was, home } of moving) {
    const secret = await dataKeys.open(workspaceId, was, totpContext(personId));
    const sealed = await dataKeys.seal(home, secret, totpContext(personId));
    moves.push({ personId, workspaceId: home, sealed, was });
  }
  await job.step(async (tx) => {
    for (const move of moves) await moveTotp(tx, move);
    return progress(at, moving.length < PAGE);
  });
}

async function waitForDevices({ db }: DataRightsServices, job: JobRun, at: Checkpoint): Promise<void> {
  const workspace = await lockDoomed(db, job.workspaceId);
  const asked = workspace?.erasing_at?.getTime() ?? 0;
  const leaving = await countLeaving(db, job.workspaceId);
  if (leaving > 0 && Date.now() < asked + UNLINK_MS) throw new JobPause(LOOK_AGAIN_MS);
  await job.step(async () => progress(at, true));
}

async function end(job: JobRun, at: Checkpoint): Promise<void> {
  const { workspaceId } = job;
  await job.step(async (tx) => {
    const people = await peopleOf(tx, workspaceId);
    await recordErasedWorkspace(tx, { workspaceId, removed: at.removed });
    await allowAuditErasure(tx);
    for (const table of tables) await deleteRows(tx, { table, workspaceId, limit: ALL });
    await deleteHomeless(tx, people);
    await deleteWorkspace(tx, workspaceId);
    return null;
  });
}

/** Files are removed while their rows still say that they are there; what a crash leaves is found again by them. */
async function removeFiles({ db, media }: DataRightsServices, job: JobRun, at: Checkpoint): Promise<void> {
  const { workspaceId } = job;
  // A request that had begun before the workspace was shut may have named one since.
  await deleteRows(db, { table: 'media', workspaceId, limit: ALL });
  await endReservations(db, workspaceId);
  const removed = await media.removeUnnamed(workspaceId);
  const left = await countRows(db, 'media_blob', workspaceId);
  if (removed === 0 && left > 0) throw new JobPause(LOOK_AGAIN_MS);
  const count = (at.removed['media_blob'] ?? 0) + removed;
  const next = { ...at, removed: { ...at.removed, media_blob: count }, done: at.done + removed };
  await job.step(async () => progress(next, left === 0));
}

async function runPhase(services: DataRightsServices, job: JobRun, at: Checkpoint): Promise<void> {
  const { workspaceId } = job;
  const phase = PHASES[at.phase] ?? 'end';
  if (phase === 'unlink') {
    await job.step(async (tx) => {
      await unlinkDevices(tx, { workspaceId, now: new Date() });
      return progress(at, true);
    });
    services.wake.devices();
  } else if (phase === 'outbox') {
    await job.step(async (tx) => {
      const waiting = await waitingInWorkspace(tx, workspaceId, PAGE);
      if (waiting.length > 0) await endMessages(tx, { status: 'canceled', error: ERASED }, waiting);
      return progress(at, waiting.length < PAGE);
    });
  } else if (phase === 'devices') await waitForDevices(services, job, at);
  else if (phase === 'people') await rehouse(services, job, at);
  else if (phase === 'media_blob') await removeFiles(services, job, at);
  else await emptyTable(job, at, phase);
}

async function run(services: DataRightsServices, job: JobRun): Promise<unknown> {
  await begin(job);
  for (;;) {
    const at = checkpointSchema.parse(job.checkpoint);
    if (PHASES[at.phase] === 'end') {
      await end(job, at);
      services.dataKeys.forget(job.workspaceId);
      await services.media.removeAll(job.workspaceId);
      return null;
    }
    await runPhase(services, job, at);
  }
}

/** Empties a workspace table by table and ends with its own row. Its people go with it unless they belong elsewhere. */
export function workspaceErase(services: DataRightsServices): JobHandler {
  return { kind: 'workspace.erase', maxAttempts: 50, keepResultDays: null, run: (job) => run(services, job) };
}
