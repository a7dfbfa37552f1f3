import type { NewEvent } from '../events/index.ts';
import type { MessageResource } from './schemas.ts';

/** The event of a message as a whole: accepted or arrived. */
export function messageEvent(workspaceId: string, type: string, message: MessageResource): NewEvent {
  return { workspaceId, deviceId: message.deviceId, subjectId: message.id, type, data: { message } };
}
