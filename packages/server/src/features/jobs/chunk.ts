/** What seals a piece of a job's result, besides the workspace's key. */
export const chunkContext = (jobId: string, n: number): string => `job-result/${jobId}/${n}`;
