import type { proto } from 'baileys';
import { readCard, writeCard } from '../../../../platform/vcard.ts';
import type { ContactCard } from '../../../port.ts';
import type { ContentKind } from './kind.ts';

const toWire = (card: ContactCard): proto.Message.IContactMessage => ({
  displayName: card.name,
  vcard: writeCard(card),
});

/** One card is a message of its own kind, several are a list. */
export const contacts: ContentKind<'contacts'> = {
  write({ contacts: cards }) {
    const [only, ...more] = cards;
    if (only === undefined) return undefined;
    if (more.length === 0) return { contactMessage: toWire(only) };
    return { contactsArrayMessage: { displayName: `${cards.length} contacts`, contacts: cards.map(toWire) } };
  },
  read({ contactMessage, contactsArrayMessage }) {
    const found = contactMessage ? [contactMessage] : contactsArrayMessage?.contacts;
    if (!found) return undefined;
    const cards = found.map(({ vcard, displayName }) => readCard(vcard ?? '', displayName ?? ''));
    return { type: 'contacts', contacts: cards };
  },
};
