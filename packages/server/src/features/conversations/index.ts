import { getConversation } from './get.ts';
import { listConversations } from './list.ts';

export { ensureConversations } from './ensure.ts';
export {
  type ChatKey,
  type ContactChat,
  conversationsOf,
  ensureConversationWithContact,
  findChatByContact,
  findChatByPhone,
  findConversation,
  insertConversation,
  touchConversations,
} from './store.ts';
export const operations = [listConversations, getConversation];
