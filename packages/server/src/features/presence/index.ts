import { listPresences, subscribePresence, unsubscribePresence } from './subscriptions.ts';

export { type PresenceOfDevice, recordPresences } from './record.ts';
export { stateField as presenceStateField } from './schemas.ts';
export const operations = [subscribePresence, listPresences, unsubscribePresence];
