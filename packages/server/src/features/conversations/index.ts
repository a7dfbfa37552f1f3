import { getConversation } from './get.ts';
import { listConversations } from './list.ts';

export { ensureConversations } from './ensure.ts';
export {
  type ChatKey,
  type ContactChat,
  ensureConversationWithContact,
  findChatByContact,
  findChatByPhone,
  findChatsByContact,
  findChatsByPhone,
  findConversation,
  findConversations,
  insertConversation,
  touchConversations,
} from './store.ts';
export const operations = [listConversations, getConversation];
