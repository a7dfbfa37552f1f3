/** What a phone does by itself with a message that reaches it. */
export interface PhoneBehaviour {
  /** Confirms delivery. */
  deliver: boolean;
  /** Marks every message read at once. */
  read: boolean;
  /** Answers every message from others; `{text}` stands for what it said. */
  reply: string | undefined;
  /** Shares app-state keys and history with a device it has just linked. */
  onboard: boolean;
}

export function defaultBehaviour(): PhoneBehaviour {
  return { deliver: true, read: false, reply: undefined, onboard: true };
}
