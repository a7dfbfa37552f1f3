// Entry of the process that looks into strangers' files. What such a file breaks here, it breaks alone.
import { ToolError, type ToolJob, type ToolReply, type ToolRequest, type ToolResult } from './jobs.ts';
import { lookAtPicture, makePortrait, makeSticker } from './pictures.ts';
import { makeVoice } from './sound/convert.ts';
import { listenToVoice, measureLength } from './sounds.ts';

function run(job: ToolJob): Promise<ToolResult> {
  switch (job.job) {
    case 'picture':
      return lookAtPicture(job.path);
    case 'sticker':
      return makeSticker(job.path, job.to);
    case 'portrait':
      return makePortrait(job.path, job.to);
    case 'voice':
      return listenToVoice(job.path);
    case 'length':
      return measureLength(job.path);
    case 'make_voice':
      return makeVoice(job.path, job.mimeType, job.to);
  }
}

async function answer(request: ToolRequest): Promise<ToolReply> {
  const { call } = request;
  try {
    return { call, result: await run(request) };
  } catch (error) {
    if (error instanceof ToolError && error.reason !== 'busy')
      return { call, error: error.reason, message: error.message };
    return { call, error: 'failed', message: 'the file could not be worked on' };
  }
}

/** Guarantee: the only sender is `MediaTools` of this package in one version. */
const requestOf = (raw: unknown): ToolRequest => raw as ToolRequest;

process.on('message', (raw) => {
  void answer(requestOf(raw)).then((reply) => process.send?.(reply));
});
process.on('disconnect', () => process.exit(0));
