import { getMessage } from './get.ts';
import { listMessages } from './list.ts';
import { searchMessages } from './search.ts';
import { sendMessage } from './send.ts';
import { getTimeline } from './timeline.ts';

export { applyReports, type ReportOfDevice } from './apply-reports.ts';
export type { MessageError } from './provider-errors.ts';
export { type InboundOfDevice, recordInbound } from './record-inbound.ts';
export { endMessages, holdMessages, releaseMessages, type StatusChange, statusEventsSql } from './status-store.ts';
export { findSentContent, isInboundStored } from './store.ts';
export const operations = [sendMessage, listMessages, searchMessages, getMessage, getTimeline];
