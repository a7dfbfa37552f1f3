import { optInContact, optOutContact } from './consent.ts';
import { getContact } from './get.ts';
import { listContacts } from './list.ts';

export { ensureContacts } from './ensure.ts';
export { learnNumbers } from './learn-numbers.ts';
export {
  ensureContactByPhone,
  findByIdentities,
  findContact,
  type Identity,
  insertContact,
  setPushNames,
} from './store.ts';
export const operations = [listContacts, getContact, optOutContact, optInContact];
