import { z } from 'zod';
import { seal } from '../../platform/crypto/seal.ts';
import type { Queryable } from '../../platform/db/port.ts';
import { WapingError } from '../../platform/errors.ts';
import type { JobHandler, JobRun } from '../../platform/jobs/run.ts';
import { insertChunk } from '../../platform/jobs/store.ts';
import { findContact } from '../contacts/index.ts';
import { chunkContext } from '../jobs/index.ts';
import {
  countOfContact,
  countSource,
  EXPORT_SOURCES,
  type ExportLine,
  type ExportSource,
  exportPage,
} from './export-store.ts';
import type { DataRightsServices } from './services.ts';

/** Days an export can be fetched. */
export const KEEP_EXPORT_DAYS = 7;
const PAGE = 100;
/** Text of one sealed piece; a longer line gets a piece of its own. */
const CHUNK_CHARS = 256 * 1024;

const inputSchema = z.object({ contactId: z.string().optional() });

const checkpointSchema = z.object({
  /** Index of the source and key of the last row written. */
  source: z.number(),
  after: z.string(),
  /** Number of the next piece. */
  chunk: z.number(),
  done: z.number(),
  total: z.number(),
  bytes: z.number(),
  records: z.record(z.string(), z.number()),
});

type Checkpoint = z.output<typeof checkpointSchema>;

/** Lines cut into texts of bounded length, at line ends. */
export function* chunksOf(lines: readonly ExportLine[]): Generator<string> {
  let text = '';
  for (const { line } of lines) {
    if (text !== '' && text.length + line.length > CHUNK_CHARS) {
      yield text;
      text = '';
    }
    text += `${line}\n`;
  }
  if (text !== '') yield text;
}

interface Export {
  job: JobRun;
  contactId: string | null;
  sources: readonly ExportSource[];
  key: Uint8Array;
}

async function begin(tx: Queryable, { job, contactId, sources }: Export): Promise<Checkpoint> {
  let total = 0;
  if (contactId === null) for (const source of sources) total += await countSource(tx, source, job.workspaceId);
  else {
    if (!(await findContact(tx, job.workspaceId, contactId))) throw new WapingError('NOT_FOUND', 'no such contact');
    total = await countOfContact(tx, job.workspaceId, contactId);
  }
  return { source: 0, after: '', chunk: 0, done: 0, total, bytes: 0, records: {} };
}

async function writePage(tx: Queryable, { job, contactId, key }: Export, source: ExportSource, at: Checkpoint) {
  const { workspaceId, jobId } = job;
  const lines = await exportPage(tx, source, { workspaceId, after: at.after, contactId, limit: PAGE });
  for (const text of chunksOf(lines)) {
    const sealed = seal(key, Buffer.from(text), `${workspaceId}/${chunkContext(jobId, at.chunk)}`);
    await insertChunk(tx, { workspaceId, jobId, n: at.chunk, sealed });
    at.chunk += 1;
    at.bytes += Buffer.byteLength(text);
  }
  at.done += lines.length;
  if (lines.length > 0) at.records[source.record] = (at.records[source.record] ?? 0) + lines.length;
  at.after = lines.at(-1)?.key ?? at.after;
  return lines.length < PAGE;
}

async function run(services: DataRightsServices, job: JobRun): Promise<unknown> {
  const contactId = inputSchema.parse(job.input).contactId ?? null;
  const sources =
    contactId === null ? EXPORT_SOURCES : EXPORT_SOURCES.filter(({ ofContact }) => ofContact !== undefined);
  // Before any transaction: reading it inside one would wait for that very transaction on the embedded database.
  const key = await services.dataKeys.get(job.workspaceId);
  const work: Export = { job, contactId, sources, key };
  let result: unknown = null;
  for (let over = false; !over; ) {
    await job.step(async (tx) => {
      const at = job.checkpoint === null ? await begin(tx, work) : checkpointSchema.parse(job.checkpoint);
      const source = sources[at.source];
      if (source && (await writePage(tx, work, source, at))) {
        at.source += 1;
        at.after = '';
      }
      over = at.source >= sources.length;
      result = { records: at.records, bytes: at.bytes };
      const phase = sources[at.source]?.record ?? 'done';
      return { checkpoint: at, phase, done: at.done, total: Math.max(at.total, at.done) };
    });
  }
  return result;
}

/** Writes what is known of a contact, or all of a workspace, in sealed pieces; after a crash it goes on with the next piece. */
export function exportJobs(services: DataRightsServices): JobHandler[] {
  const handler = (kind: string): JobHandler => ({
    kind,
    maxAttempts: 10,
    keepResultDays: KEEP_EXPORT_DAYS,
    run: (job) => run(services, job),
  });
  return [handler('contact.export'), handler('workspace.export')];
}
