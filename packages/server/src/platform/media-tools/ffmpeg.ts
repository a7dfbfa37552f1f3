import { type ChildProcess, spawn } from 'node:child_process';
import { ToolError } from './jobs.ts';

const RUN_MS = 60_000;
const PROBE_MS = 5_000;
/** Longer voice messages are cut off: an hour is 15 MiB. */
const MAX_SECONDS = 3_600;

/** The demuxer of each kind of audio. Named outright: a file that calls itself audio must not be read as a playlist. */
const DEMUXER: Readonly<Record<string, string>> = {
  'audio/ogg': 'ogg',
  'audio/mpeg': 'mp3',
  'audio/mp4': 'mov',
  'audio/aac': 'aac',
  'audio/amr': 'amr',
  'audio/wav': 'wav',
  'audio/flac': 'flac',
};

/** Ends a process after so long, and tells how it ended: its exit code, null where it was killed or never began. */
function ending(child: ChildProcess, ms: number): Promise<number | null> {
  const timer = setTimeout(() => child.kill('SIGKILL'), ms);
  return new Promise((resolve) => {
    const over = (code: number | null): void => {
      clearTimeout(timer);
      resolve(code);
    };
    child.once('error', () => over(null));
    child.once('close', over);
  });
}

/** Runs a program for so long at the most, and tells how it ended: as `ending` does. */
async function run(program: string, args: readonly string[], ms: number): Promise<number | null> {
  try {
    return await ending(spawn(program, args, { stdio: 'ignore', env: { PATH: '/usr/local/bin:/usr/bin:/bin' } }), ms);
  } catch {
    // No process or no memory left to give.
    return null;
  }
}

/** ffmpeg of this machine, where there is one that can make Opus. */
export class Ffmpeg {
  readonly #program: string;
  #found: Promise<boolean> | undefined;

  /** `program` is its path; looked for on the usual path by its name. */
  constructor(program: string) {
    this.#program = program;
  }

  /** Whether it is there. Asked until it is: it may be installed, or the machine be out of processes just now. */
  isThere(): Promise<boolean> {
    this.#found ??= this.#ask();
    return this.#found;
  }

  async #ask(): Promise<boolean> {
    const code = await run(this.#program, ['-v', 'quiet', '-h', 'encoder=libopus'], PROBE_MS);
    if (code !== 0) this.#found = undefined;
    return code === 0;
  }

  /** Makes any audio of a known media type Ogg with Opus, mono. Throws ToolError `unreadable` or `failed`. */
  async toVoice({ path, mimeType, to }: { path: string; mimeType: string; to: string }): Promise<void> {
    const demuxer = DEMUXER[mimeType];
    if (demuxer === undefined) throw new ToolError('unreadable', `${mimeType} cannot be made a voice message`);
    const input = ['-nostdin', '-v', 'quiet', '-y', '-protocol_whitelist', 'file', '-f', demuxer, '-i', path];
    const sound = ['-vn', '-sn', '-dn', '-map_metadata', '-1', '-t', String(MAX_SECONDS)];
    const opus = [
      '-ac',
      '1',
      '-ar',
      '48000',
      '-c:a',
      'libopus',
      '-b:a',
      '32k',
      '-application',
      'voip',
      '-f',
      'ogg',
      to,
    ];
    const code = await run(this.#program, [...input, ...sound, ...opus], RUN_MS);
    if (code === null) throw new ToolError('failed', 'the audio could not be worked on');
    if (code !== 0) throw new ToolError('unreadable', 'the audio cannot be read');
  }
}
