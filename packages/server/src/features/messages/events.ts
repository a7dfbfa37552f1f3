import type { NewEvent } from '../events/index.ts';
import type { MessageResource } from './schemas.ts';
import type { StatusChange } from './status-store.ts';

/** The event of a message as a whole: accepted or arrived. */
export function messageEvent(workspaceId: string, type: string, message: MessageResource): NewEvent {
  return { workspaceId, deviceId: message.deviceId, subjectId: message.id, type, data: { message } };
}

/** The event of a status change: what changed, not the whole message again. */
export function statusEvent(change: StatusChange): NewEvent {
  return {
    workspaceId: change.workspace_id,
    deviceId: change.device_id,
    subjectId: change.id,
    type: `message.${change.status}`,
    data: {
      message: {
        id: change.id,
        conversationId: change.conversation_id,
        status: change.status,
        statusAt: change.status_at.toISOString(),
        heldReason: change.held_reason,
        error: change.error,
        clientRef: change.client_ref,
      },
    },
  };
}
