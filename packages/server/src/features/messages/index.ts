import { sendBatch } from './batch.ts';
import { cancelMessage } from './cancel.ts';
import { editMessage } from './edit.ts';
import { fetchMedia } from './fetch-media.ts';
import { forwardMessage } from './forward.ts';
import { getMessage } from './get.ts';
import { listMessages } from './list.ts';
import { postStatus } from './post-status.ts';
import { readMessage } from './read.ts';
import { revokeMessage } from './revoke.ts';
import { searchMessages } from './search.ts';
import { sendMessage } from './send.ts';
import { templateOperations } from './templates/index.ts';
import { getTimeline } from './timeline.ts';

export { applyReports, type ReportOfDevice } from './apply-reports.ts';
export type { ChangeServices } from './changes/apply.ts';
export { applySentActions, type ChangeOfDevice, recordChanges } from './changes/record.ts';
export { deleteUnclaimedChanges } from './changes/store.ts';
export { contactsInput, toCards } from './content/contacts.ts';
export { locationInput, locationShown } from './content/location.ts';
export { pollInput, pollShown } from './content/poll.ts';
export { engineContent, parseStored } from './content-table.ts';
export {
  type HistoryRows,
  historyRows,
  insertHistoryRows,
  isHistoryAwaited,
  settleHistoryRows,
} from './history-rows.ts';
export { fileArrived, fileFailed } from './media/arrive.ts';
export type { MediaFailure, StoredMedia } from './media-content.ts';
export { mediaShown } from './media-content.ts';
export { dueFetches, type FetchRow, type NextFetch, postponeFetch, staleFetches } from './media-fetch-store.ts';
export { chatKey, placeContacts } from './place.ts';
export { LANE } from './priority.ts';
export type { MessageError } from './provider-errors.ts';
export { type InboundOfDevice, recordInbound } from './record-inbound.ts';
export { listUnread, type UnreadRow } from './recover-store.ts';
export { findReferences, type ReferenceRow } from './reference-store.ts';
export { errorSchema as messageErrorSchema, messageSchema } from './schemas.ts';
export { findSentContent } from './sent.ts';
export {
  endMessages,
  holdMessages,
  nextDue,
  releaseDue,
  releaseMessages,
  type StatusChange,
  statusEventsSql,
} from './status-store.ts';
export { isInboundStored } from './store.ts';
export { templateSchema } from './templates/schemas.ts';
export { isActionWaId } from './wa-id.ts';
export const operations = [
  sendMessage,
  sendBatch,
  listMessages,
  searchMessages,
  getMessage,
  cancelMessage,
  getTimeline,
  editMessage,
  revokeMessage,
  forwardMessage,
  readMessage,
  fetchMedia,
  postStatus,
  ...templateOperations,
];
