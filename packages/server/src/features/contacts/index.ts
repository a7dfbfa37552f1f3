import { optInContact, optOutContact } from './consent.ts';
import { getContact } from './get.ts';
import { listContacts } from './list.ts';

export { ensureContacts } from './ensure.ts';
export { applyConsentWords, type Heard } from './keywords/apply.ts';
export { type ConsentWords, consentWordsOf, DEFAULT_CONSENT_WORDS } from './keywords/match.ts';
export { learnNumbers } from './learn-numbers.ts';
export { areTwo, type MergedChat, mergedChats, mergeKnown } from './merge.ts';
export { contactSchema } from './schemas.ts';
export {
  ensureContactByPhone,
  findAudience,
  findByIdentities,
  findContact,
  findViewers,
  type Identity,
  insertContact,
  listContactIds,
  MAX_AUDIENCE,
  nameContacts,
  setPushNames,
} from './store.ts';
export const operations = [listContacts, getContact, optOutContact, optInContact];
