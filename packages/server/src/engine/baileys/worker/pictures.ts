import type { BinaryNode } from 'baileys';
import type { Address } from '../../port.ts';
import { groupAddress, person } from './address.ts';
import { child } from './asks/nodes.ts';
import { isSelf, type Self, stanzaTime } from './envelope.ts';

/** A picture that was changed. */
export interface PictureNews {
  /** Null: the account's own. */
  of: Address | null;
  /** Null: there is none any more. */
  id: string | null;
  /** Unix milliseconds. */
  at: number;
}

/** Reads a notification of type `picture`. Undefined for one that does not say whose, or which. */
export function pictureNewsOf(item: BinaryNode, self: Self | undefined): PictureNews | undefined {
  const changed = child(item, 'set');
  const { from } = item.attrs;
  if (!from || (!changed && !child(item, 'delete'))) return undefined;
  const of = isSelf(self, from) ? null : (groupAddress(from) ?? person(from));
  // Sometimes WhatsApp names a picture by its hash alone; that it is another one is true all the same.
  const id = changed ? (changed.attrs.id ?? changed.attrs.hash) : null;
  if (of === undefined || id === undefined) return undefined;
  return { of, id, at: stanzaTime(item) };
}
