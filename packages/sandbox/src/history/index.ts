export { type PastConversation, type PastMessage, toConversation } from './conversation.ts';
export {
  type HistoryChunk,
  type HistoryPhone,
  HistoryStoreFullError,
  historyNotification,
} from './notification.ts';
export { type OnDemandRequest, onDemandHistory } from './on-demand.ts';
