import type { PhoneBehaviour } from './phone/behaviour.ts';

export interface MagicBehaviour {
  readonly exists: boolean;
  readonly name: string;
  readonly auto: PhoneBehaviour;
  readonly online: boolean;
  /** Error code in the ack of every message to this number. */
  readonly nack: number | undefined;
}

const MAGIC = /^999\d{2,10}0[1-6]$/;

/** True for numbers that exist without set-up: 7 to 15 digits, starting 999 and ending 01 to 06. */
export function isMagic(user: string): boolean {
  return MAGIC.test(user);
}

/** What the number does, by its last digit: 1 reads, 2 is absent, 3 never reads, 4 refuses (463), 5 answers, 6 is offline. */
export function magicBehaviour(user: string): MagicBehaviour {
  const kind = isMagic(user) ? user.at(-1) : undefined;
  const auto = { deliver: true, read: kind === '1' || kind === '5', reply: undefined, onboard: true };
  return {
    exists: kind !== '2',
    name: `Magic ${user}`,
    auto: kind === '5' ? { ...auto, reply: 'You said: {text}' } : auto,
    online: kind !== '6',
    nack: kind === '4' ? 463 : undefined,
  };
}
