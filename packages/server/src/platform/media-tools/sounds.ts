import { parseFile } from 'music-metadata';
import { ToolError, type ToolResult } from './jobs.ts';
import { readOggOpus, waveformOf } from './ogg.ts';
import { readSound } from './sound/read.ts';

/** Length and shape of a voice message. Throws ToolError `unreadable` for what is not Ogg with Opus, or too large. */
export async function listenToVoice(path: string): Promise<ToolResult> {
  const { seconds, packets } = readOggOpus(await readSound(path));
  // Players show a message that is not empty as one second at least.
  return { seconds: Math.max(1, Math.round(seconds)), waveform: waveformOf(packets).toString('base64') };
}

/** How long a file plays, where it says so. Throws ToolError `unreadable` for what has neither a length nor a codec. */
export async function measureLength(path: string): Promise<ToolResult> {
  const { duration, codec } = await formatOf(path);
  if (duration !== undefined && Number.isFinite(duration) && duration > 0)
    return { seconds: Math.max(1, Math.round(duration)) };
  if (codec === undefined) throw unplayable();
  return {};
}

const unplayable = () => new ToolError('unreadable', 'the file cannot be played');

async function formatOf(path: string) {
  try {
    return (await parseFile(path, { duration: true, skipCovers: true })).format;
  } catch {
    throw unplayable();
  }
}
