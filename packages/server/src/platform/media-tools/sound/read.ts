import { readFile, stat } from 'node:fs/promises';
import { ToolError } from '../jobs.ts';

/** Largest file that is made a voice message, or listened to as one. It is read whole: decoders go to and fro in it. */
export const MAX_SOUND_BYTES = 16 * 1024 * 1024;

/** The bytes of a file of sound. Throws ToolError `unreadable` for one that is too large, before it is read. */
export async function readSound(path: string): Promise<Buffer> {
  const { size } = await stat(path);
  if (size > MAX_SOUND_BYTES) throw new ToolError('unreadable', 'the audio is larger than a voice message may be');
  return readFile(path);
}
