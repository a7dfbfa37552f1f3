import { ToolError } from '../jobs.ts';

/** A piece of decoded sound: one channel, samples from −1 to 1. */
export interface Sound {
  /** Samples a second. */
  rate: number;
  samples: Float32Array;
}

/** Rates outside of this no voice was ever recorded at. */
const MIN_RATE = 4_000;
const MAX_RATE = 192_000;
const MAX_CHANNELS = 8;

export const unreadable = (): ToolError => new ToolError('unreadable', 'the audio cannot be read');

/** Throws ToolError `unreadable` for a rate or a number of channels that cannot be. */
export function checkFormat(rate: number, channels: number): void {
  if (!(rate >= MIN_RATE && rate <= MAX_RATE && channels >= 1 && channels <= MAX_CHANNELS)) throw unreadable();
}
