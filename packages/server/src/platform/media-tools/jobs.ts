/** What is asked of the process that looks into files. Paths are of this machine. */
export type ToolJob =
  /** Pixels and a small JPEG of a picture. */
  | { job: 'picture'; path: string }
  /** A picture made a sticker: WebP, 512 pixels square, at `to`. */
  | { job: 'sticker'; path: string; to: string }
  /** A picture made that of a profile or a group: a square JPEG, at `to`. */
  | { job: 'portrait'; path: string; to: string }
  /** Length and loudness of a voice message, which has to be Ogg with Opus. */
  | { job: 'voice'; path: string }
  /** How long a file plays. */
  | { job: 'length'; path: string }
  /** Audio of a media type made a voice message at `to`. */
  | { job: 'make_voice'; path: string; mimeType: string; to: string };

/** What was found, field by field as far as it was. */
export interface ToolResult {
  width?: number;
  height?: number;
  /** Base64 of a JPEG. */
  thumbnail?: string;
  animated?: boolean;
  /** Of what makes a file: whether `to` was written. */
  isMade?: boolean;
  seconds?: number;
  /** Base64 of 64 bytes from 0 to 100. */
  waveform?: string;
}

export type ToolRequest = ToolJob & { call: number };

/** Pixels of the largest picture that is looked at: a small file can claim a size that fills the memory. */
export const MAX_PICTURE_PIXELS = 100_000_000;

/**
 * `unreadable`: the file is not what it should be. `missing`: this installation lacks what the job needs. `failed`: the
 * work came to no end, which says nothing of the file.
 */
export type ToolReply =
  | { call: number; result: ToolResult }
  | { call: number; error: 'unreadable' | 'missing' | 'failed'; message: string };

/** A file could not be worked on; `busy`: too many others are. */
export class ToolError extends Error {
  readonly reason: 'unreadable' | 'missing' | 'failed' | 'busy';

  constructor(reason: ToolError['reason'], message: string) {
    super(message);
    this.name = 'ToolError';
    this.reason = reason;
  }
}
