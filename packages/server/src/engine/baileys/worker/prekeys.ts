import type { AuthenticationCreds, BinaryNode } from 'baileys';
import type { SignalKeys } from './key-store.ts';

/** One clean-up deletes at most this many keys; the next login goes on. */
const MOST_AT_ONCE = 1_000;

/**
 * Prekey ids the server still offers, from its answer to the key-bundle digest that every login asks for. Undefined
 * for other stanzas.
 */
export function offeredPreKeys(node: BinaryNode): number[] | undefined {
  const digest = Array.isArray(node.content) ? node.content[0] : undefined;
  if (node.tag !== 'iq' || digest?.tag !== 'digest' || !Array.isArray(digest.content)) return undefined;
  const list = digest.content.find((child) => child.tag === 'list');
  if (!Array.isArray(list?.content)) return [];
  return list.content.flatMap(({ content }) => (content instanceof Uint8Array ? [bigEndian(content)] : []));
}

/**
 * Deletes prekeys the server handed out long ago (trap 7: the store only grows, and a key handed out for a message
 * that was never sent stays for ever). `margin` keys below the lowest offered one are kept for messages on their way.
 * Returns whether the credentials changed.
 */
export function dropOldPreKeys(
  keys: SignalKeys,
  creds: AuthenticationCreds,
  offered: number[],
  margin: number,
): boolean {
  if (offered.length === 0) return false;
  const floor = preKeyFloor(creds);
  const lowest = offered.reduce((least, id) => Math.min(least, id));
  const next = Math.min(lowest - margin, floor + MOST_AT_ONCE);
  if (next <= floor) return false;
  const gone: Record<string, null> = {};
  for (let id = floor; id < next; id++) gone[id] = null;
  keys.set({ 'pre-key': gone });
  creds.additionalData = { preKeyFloor: next };
  return true;
}

/**
 * Waits with dropping until what WhatsApp kept while the device was away is opened: each of those messages may be the
 * first of somebody who took one of the keys that are no longer offered.
 */
export class PreKeyUpkeep {
  readonly #drop: (offered: number[]) => void;
  #offered: number[] | undefined;
  #isDrained = false;

  constructor(drop: (offered: number[]) => void) {
    this.#drop = drop;
  }

  /** A new connection: nothing of it is known yet. */
  begin(): void {
    this.#offered = undefined;
    this.#isDrained = false;
  }

  /** WhatsApp said which keys it still offers. */
  offered(ids: number[]): void {
    this.#offered = ids;
    this.#dropNow();
  }

  /** Everything that waited at WhatsApp is opened. */
  drained(): void {
    this.#isDrained = true;
    this.#dropNow();
  }

  #dropNow(): void {
    if (!this.#isDrained || !this.#offered) return;
    this.#drop(this.#offered);
    this.#offered = undefined;
  }
}

/** The lowest prekey id that may still be stored. */
function preKeyFloor(creds: AuthenticationCreds): number {
  const data: unknown = creds.additionalData;
  if (typeof data !== 'object' || data === null || !('preKeyFloor' in data)) return 1;
  return typeof data.preKeyFloor === 'number' ? data.preKeyFloor : 1;
}

function bigEndian(bytes: Uint8Array): number {
  return bytes.reduce((value, byte) => value * 256 + byte, 0);
}
