import { getCall, listCalls } from './list.ts';
import { rejectCall } from './reject.ts';

export { type CallOfDevice, endCalls, recordCalls, type Unwanted } from './record.ts';
export { callSchema } from './schemas.ts';
export { overdueCalls } from './store.ts';
export const operations = [listCalls, getCall, rejectCall];
