import { z } from 'zod';
import type { PresenceFact } from '../../engine/asks.ts';
import { isoOrNull, shownId, timeField } from '../../operations/fields.ts';

export const stateField = z.enum(['available', 'unavailable', 'composing', 'recording']).meta({
  description: 'What the person does: online, offline, typing to the account, or recording a voice message for it.',
  examples: ['available'],
});

export const presenceSchema = z
  .object({
    contactId: shownId('con', 'The person.'),
    state: stateField.nullable().meta({ description: 'The latest that WhatsApp told; null before it told anything.' }),
    lastSeen: timeField.nullable().meta({
      description: 'When the person was online last, as far as WhatsApp tells: it depends on their privacy settings.',
    }),
    expiresAt: timeField.meta({ description: 'When it is followed no more.' }),
  })
  .meta({ id: 'PresenceSubscription' });

export function toPresence(fact: PresenceFact): z.output<typeof presenceSchema> {
  return {
    contactId: fact.ref,
    state: fact.state,
    lastSeen: isoOrNull(fact.lastSeen === null ? null : new Date(fact.lastSeen)),
    expiresAt: new Date(fact.until).toISOString(),
  };
}
