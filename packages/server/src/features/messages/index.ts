import { getMessage } from './get.ts';
import { listMessages } from './list.ts';
import { sendMessage } from './send.ts';
import { getTimeline } from './timeline.ts';

export { applyReports, endWithEvents, holdMessages, type ReportOfDevice, releaseMessages } from './apply-reports.ts';
export { statusEvent } from './events.ts';
export type { MessageError } from './provider-errors.ts';
export { type InboundOfDevice, recordInbound } from './record-inbound.ts';
export { findSentContent, isInboundStored } from './store.ts';
export const operations = [sendMessage, listMessages, getMessage, getTimeline];
