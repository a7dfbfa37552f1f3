// Made by `npm run generate` from the OpenAPI description. Changes made here are lost.

/** Codes of errors. The server may know more than this version of the client. */
export type ErrorCode =
  | 'VALIDATION_ERROR'
  | 'UNAUTHORIZED'
  | 'FORBIDDEN'
  | 'QUOTA_EXCEEDED'
  | 'RECIPIENT_OPTED_OUT'
  | 'NOT_FOUND'
  | 'METHOD_NOT_ALLOWED'
  | 'IDEMPOTENCY_CONFLICT'
  | 'IDEMPOTENCY_IN_PROGRESS'
  | 'SESSION_DISCONNECTED'
  | 'CONFLICT'
  | 'CURSOR_EXPIRED'
  | 'PAYLOAD_TOO_LARGE'
  | 'UNSUPPORTED_MEDIA_TYPE'
  | 'RATE_LIMITED'
  | 'SERVER_ERROR'
  | 'SERVICE_UNAVAILABLE';

/** Types of events, each with when it comes. */
export interface EventTypes {
  /** A device was created. */
  'device.created': true;
  /** A new QR or pairing code can be shown. The code itself is read over the API. */
  'device.qr': true;
  /** A phone linked the device. */
  'device.linked': true;
  /** The device is connected. */
  'device.connected': true;
  /** The device is connected, but not well. */
  'device.degraded': true;
  /** The device lost its connection. */
  'device.disconnected': true;
  /** The phone removed the device. */
  'device.logged_out': true;
  /** WhatsApp restricts the account, until `restrictedUntil` where it says so. With reason `reach_out_locked` only new chats are held. */
  'device.restricted': true;
  /** The device moved to another state, or (with `health`) its health changed by ten points or more; the latter not more than once a minute. */
  'device.health_changed': true;
  /** Linking ended without a link: `stateReason` says why, such as `link_timeout` or `passkey_required`. */
  'device.link_failed': true;
  /** For a time nothing could come: `gap` says from when to when and why. With status `lost` it will not be filled. */
  'gap.detected': true;
  /** What WhatsApp kept for the device over a gap has all come: `messagesRecovered` of `gap` says how much. */
  'gap.recovered': true;
  /** A device was deleted. */
  'device.deleted': true;
  /** A part of the account’s history was announced, came along or is stored. Its messages make no events of their own. */
  'device.history_sync': true;
  /** A message arrived. */
  'message.received': true;
  /** Somebody posted a status update; the event has it as a message of the chat of kind `status`. */
  'status.received': true;
  /** A message was accepted for a later time. */
  'message.scheduled': true;
  /** A message was accepted, or released, for sending. */
  'message.queued': true;
  /** A message waits: `heldReason` says for what, `nextAttemptAt` until when, where that is known. */
  'message.held': true;
  /** A message was handed to the connection; again, with `heldReason`, where its device was unlinked before WhatsApp’s word on it. */
  'message.sending': true;
  /** WhatsApp took the message, or your own phone sent one. */
  'message.sent': true;
  /** The message is on the recipient’s phone. */
  'message.delivered': true;
  /** The recipient read the message. */
  'message.read': true;
  /** The recipient played the voice message. */
  'message.played': true;
  /** The message will not be sent. */
  'message.failed': true;
  /** A message was taken back before it was sent. */
  'message.canceled': true;
  /** The validity of the message ended first. */
  'message.expired': true;
  /** A message was edited, by you or its sender; the event has the message as it is now. */
  'message.edited': true;
  /** A message was taken back, by you, its sender or an admin of the group. */
  'message.revoked': true;
  /** Somebody reacted to a message, or took the reaction back (an empty emoji). */
  'message.reaction': true;
  /** Somebody voted on a poll, or took the vote back (no options). */
  'message.vote': true;
  /** Media is there: uploaded, fetched, or received with the message it names. */
  'media.ready': true;
  /** The file of a received message could not be had, and will not be tried again. */
  'media.failed': true;
  /** Media was deleted. */
  'media.deleted': true;
  /** A message came that could not be read yet; it was asked for again. It has type `undecryptable` until then. */
  'message.undecryptable': true;
  /** A message that could not be read can be read now. It keeps its id; `message.received` does not follow. */
  'message.recovered': true;
  /** Somebody calls the account. */
  'call.offered': true;
  /** A call rings no more: `endReason` says why. */
  'call.ended': true;
  /** A chat was marked read, here or through this API. */
  'conversation.read': true;
  /** A contact got another number or LID, as WhatsApp knows it. */
  'contact.updated': true;
  /** Two contacts were found to be one person and became one: `mergedContactId` is gone, chats on one device became one too. */
  'contact.merged': true;
  /** A contact was blocked on a device. */
  'contact.blocked': true;
  /** A contact was unblocked on a device. */
  'contact.unblocked': true;
  /** Somebody whose presence is followed came online, went, types or records. Kept for a day, whatever the workspace’s retention. */
  'presence.changed': true;
  /** A contact got another picture, or has none any more (`pictureId` null). */
  'contact.picture_changed': true;
  /** The name or the about line of the account was changed through this API, or its picture (with `pictureId`), here or on the phone. */
  'device.profile_updated': true;
  /** A group is known now: made here, found when the device was linked, or somebody added the account. */
  'group.created': true;
  /** Subject, description, settings or picture (then with `pictureId`) of a group changed. */
  'group.updated': true;
  /** Members were added, removed, promoted or demoted, by whomever. */
  'group.participants_changed': true;
  /** The account is in a group again that it had left. */
  'group.joined': true;
  /** The account asked to join a group whose admins decide. */
  'group.join_requested': true;
  /** People who asked to join a group were let in, or not, through this API. */
  'group.join_decided': true;
  /** The account is in the group no more. */
  'group.left': true;
  /** A contact wants no messages but transactional ones. */
  'contact.opted_out': true;
  /** A contact may be written to again. */
  'contact.opted_in': true;
  /** A template was created. */
  'template.created': true;
  /** A template was changed. */
  'template.updated': true;
  /** A template was deleted. */
  'template.deleted': true;
  /** The workspace has used 80 % of its monthly quota. */
  'quota.threshold': true;
  /** The workspace has used its whole monthly quota; sends are refused until the next month. */
  'quota.exceeded': true;
  /** An API key was created. */
  'key.created': true;
  /** A person was invited. */
  'member.invited': true;
  /** An invitation was revoked. */
  'member.invitation_revoked': true;
  /** A person joined the workspace. */
  'member.joined': true;
  /** A member got another role. */
  'member.role_changed': true;
  /** A member was removed. */
  'member.removed': true;
  /** An API key was changed: its name, scopes, devices, addresses or expiry. */
  'key.updated': true;
  /** An API key got a new secret. */
  'key.rotated': true;
  /** One of the two secrets of an API key stopped working before its time. */
  'key.rotation_ended': true;
  /** An API key was revoked. */
  'key.revoked': true;
  /** A webhook endpoint was created. */
  'webhook.created': true;
  /** A webhook endpoint was changed. */
  'webhook.updated': true;
  /** A webhook endpoint was deleted. */
  'webhook.deleted': true;
  /** A webhook endpoint got a new secret. */
  'webhook.rotated': true;
  /** A webhook endpoint answered its challenge and gets events now. */
  'webhook.verified': true;
  /** A webhook endpoint was paused, by hand or (`stateReason` `failing`) after hours of failures alone. */
  'webhook.paused': true;
  /** A webhook endpoint gets events again. */
  'webhook.resumed': true;
  /** A webhook endpoint answered 410 and gets nothing more until it is resumed. */
  'webhook.disabled': true;
  /** A contact was erased: erase what you keep of it too. */
  'contact.erased': true;
  /** The name or the retention of the workspace changed. */
  'workspace.updated': true;
  /** A job ended well. */
  'job.succeeded': true;
  /** A job was given up. */
  'job.failed': true;
  /** A job was canceled. */
  'job.canceled': true;
}

export type EventType = keyof EventTypes;
