import type { Address } from '../../engine/port.ts';
import type { Queryable } from '../../platform/db/port.ts';
import { ensureContacts, type Identity } from '../contacts/index.ts';
import type { ChatKey } from '../conversations/index.ts';

/** What arrived on a device: a message, or a change of one. */
export interface Arrived {
  workspaceId: string;
  deviceId: string;
  chat: Address;
  sender: Address;
  fromMe: boolean;
}

/** What arrived, with the contacts behind its addresses. */
export interface Placed<M extends Arrived> {
  message: M;
  chatContact: string | null;
  /** The number of that contact, where it is known: a message may come under its LID alone. */
  chatPhone: string | null;
  senderContact: string | null;
}

export const isPerson = (address: Address): address is Extract<Address, { kind: 'person' }> =>
  address.kind === 'person';

function identity(workspaceId: string, address: Address): Identity | null {
  if (!isPerson(address) || (!address.phone && !address.lid)) return null;
  return { workspaceId, phone: address.phone ?? null, lid: address.lid ?? null };
}

/** Finds or makes the contacts of a batch, in the order given. */
export async function placeContacts<M extends Arrived>(tx: Queryable, messages: readonly M[]): Promise<Placed<M>[]> {
  const wanted: Identity[] = [];
  const slot = (found: Identity | null): number => (found === null ? -1 : wanted.push(found) - 1);
  const slots = messages.map((m) => ({
    chat: slot(identity(m.workspaceId, m.chat)),
    sender: m.fromMe ? -1 : slot(identity(m.workspaceId, m.sender)),
  }));
  const contacts = await ensureContacts(tx, wanted);
  return messages.map((message, i) => {
    const chat = contacts[slots[i]?.chat ?? -1];
    const sender = contacts[slots[i]?.sender ?? -1];
    return {
      message,
      chatContact: chat?.id ?? null,
      chatPhone: chat?.phone ?? null,
      senderContact: sender?.id ?? null,
    };
  });
}

export function chatKey({ message, chatContact }: Placed<Arrived>): ChatKey {
  const { workspaceId, deviceId, chat } = message;
  const groupId = chat.kind === 'group' ? chat.id : chat.kind === 'status' ? 'status' : null;
  return { workspaceId, deviceId, kind: chat.kind, contactId: chatContact, groupId };
}
