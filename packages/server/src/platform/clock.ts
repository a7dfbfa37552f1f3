/** The time as the rest of the code sees it. Tests move it; nothing else does. */
export interface Clock {
  now(): Date;
}

export const systemClock: Clock = { now: () => new Date() };
