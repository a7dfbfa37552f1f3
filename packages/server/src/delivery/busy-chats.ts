import type { ClaimedRow } from './store.ts';

/** Claimed messages by chat, each chat's in order. */
export function byChat(rows: readonly ClaimedRow[]): ClaimedRow[][] {
  const chats = new Map<string, ClaimedRow[]>();
  for (const row of rows) {
    const chat = chats.get(row.conversation_id);
    if (chat) chat.push(row);
    else chats.set(row.conversation_id, [row]);
  }
  return [...chats.values()];
}

/** Chats whose messages are being carried: nothing else of them is claimed, so that they stay in order. */
export class BusyChats {
  readonly #devices = new Map<string, string>();
  /** What a busy chat became meanwhile, where it was made one with another. */
  readonly #became = new Map<string, string>();

  add(chat: string, deviceId: string): void {
    this.#devices.set(chat, deviceId);
  }

  delete(chat: string): void {
    this.#devices.delete(chat);
    this.#became.delete(chat);
  }

  /** Chats became one: what waits in the one that stays must not overtake what of the other is being carried. */
  merged(chats: readonly { from: string; to: string }[]): void {
    for (const { from, to } of chats)
      for (const chat of this.#devices.keys())
        if ((this.#became.get(chat) ?? chat) === from) this.#became.set(chat, to);
  }

  /** The busy chats of these devices; those that became others are named for every device. */
  of(deviceIds: ReadonlySet<string>): string[] {
    const own = [...this.#devices].flatMap(([chat, device]) => (deviceIds.has(device) ? [chat] : []));
    return this.#became.size === 0 ? own : [...own, ...this.#became.values()];
  }
}
