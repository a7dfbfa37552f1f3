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

function start(program: string, args: readonly string[]): ChildProcess {
  return spawn(program, args, { stdio: 'ignore', env: { PATH: '/usr/local/bin:/usr/bin:/bin' } });
}

/** ffmpeg of this machine, where there is one that can make Opus. */
export class Ffmpeg {
  readonly #program: string;
  #found: Promise<boolean> | undefined;

  /** `program` is its path; looked for on the usual path by its name. */
  constructor(program: string) {
    this.#program = program;
  }

  /** Whether it is there. Asked once. */
  isThere(): Promise<boolean> {
    const args = ['-v', 'quiet', '-h', 'encoder=libopus'];
    this.#found ??= ending(start(this.#program, args), PROBE_MS).then((code) => code === 0);
    return this.#found;
  }

  /** Makes any audio of a known media type Ogg with Opus, mono. Throws ToolError `unreadable`. */
  async toVoice(from: string, mimeType: string, to: string): Promise<void> {
    const demuxer = DEMUXER[mimeType];
    if (demuxer === undefined) throw new ToolError('unreadable', `${mimeType} cannot be made a voice message`);
    const input = ['-nostdin', '-v', 'quiet', '-y', '-protocol_whitelist', 'file', '-f', demuxer, '-i', from];
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
    const code = await ending(start(this.#program, [...input, ...sound, ...opus]), RUN_MS);
    if (code !== 0) throw new ToolError('unreadable', 'the audio cannot be read');
  }
}
