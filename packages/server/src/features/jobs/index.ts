import { cancelJob } from './cancel.ts';
import { getJob } from './get.ts';
import { listJobs } from './list.ts';
import { getResult } from './result.ts';

export { chunkContext } from './chunk.ts';
export { OWN_JOB, recordJobEnd } from './record-end.ts';
export { jobSchema } from './schemas.ts';
export { jobLocation, startJob } from './start.ts';
export const operations = [listJobs, getJob, cancelJob, getResult];
