import { getConversation } from './get.ts';
import { listConversations } from './list.ts';
import { readConversation } from './mark-read.ts';
import { showTyping } from './typing.ts';

export { ensureConversations } from './ensure.ts';
export { markChatRead } from './mark-read.ts';
export { applyReads, type ReadElsewhere } from './read-elsewhere.ts';
export { messagesToRead, type PendingRead, pendingReads, settleRead } from './read-store.ts';
export {
  type ChatKey,
  type ContactChat,
  conversationsOf,
  ensureConversationWithContact,
  findByChatKeys,
  findChatByContact,
  findChatByPhone,
  findChatsByContact,
  findChatsByPhone,
  findConversation,
  findConversations,
  insertConversation,
  insertGroupConversation,
  insertStatusConversation,
  type PhonesChat,
  rememberChats,
  touchConversations,
} from './store.ts';
export const operations = [listConversations, getConversation, readConversation, showTyping];
