import type { JobHandler } from '../../platform/jobs/run.ts';
import { contactErase } from './contact-erase-job.ts';
import { eraseContact, exportContact } from './contact-operations.ts';
import { exportJobs } from './export-job.ts';
import { retentionApply } from './retention-job.ts';
import type { DataRightsServices } from './services.ts';
import { workspaceErase } from './workspace-erase-job.ts';
import { eraseWorkspace, exportWorkspace } from './workspace-operations.ts';

export { queueRecurring } from './retention-job.ts';

/** The jobs behind the operations, and what recurs by itself. */
export function dataRightsJobs(services: DataRightsServices): JobHandler[] {
  return [...exportJobs(services), contactErase, workspaceErase(services), retentionApply];
}

export const operations = [exportContact, eraseContact, exportWorkspace, eraseWorkspace];
