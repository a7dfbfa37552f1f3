import { LAST_SECOND } from '../envelope.ts';

function upTo(max: number, value: unknown): number | undefined {
  const number = Number(value ?? 0);
  return Number.isSafeInteger(number) && number > 0 && number <= max ? number : undefined;
}

/** A protobuf time in seconds; undefined where it says none, or one that no calendar has. */
export const seconds = (value: unknown): number | undefined => upTo(LAST_SECOND, value);

/** The same in milliseconds. */
export const milliseconds = (value: unknown): number | undefined => upTo(LAST_SECOND * 1000, value);
