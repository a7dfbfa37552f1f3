/** RFC 3339 time in UTC. */
export type Time = string;

export type DeviceState =
  | 'unlinked'
  | 'linking'
  | 'connecting'
  | 'connected'
  | 'degraded'
  | 'disconnected'
  | 'logged_out'
  | 'restricted';

export interface Device {
  id: string;
  label: string;
  network: 'whatsapp' | 'sandbox';
  state: DeviceState;
  stateReason: string;
  stateAt: Time;
  retryAt: Time | null;
  account: { phone: string; lid: string | null; name: string | null } | null;
  pacing: Pacing;
  createdAt: Time;
}

/** How the sends of a device are spread. */
export interface Pacing {
  enabled: boolean;
  chatGapSeconds: number;
  gapSeconds: number;
  /** People it may write to in a day who never wrote to it. */
  coldChatsPerDay: number;
  warmUpDays: number;
  /** When `bulk` waits, by the recipient's clock, as `21:00`. */
  quietHours: { from: string; to: string };
}

export interface LinkSession {
  deviceId: string;
  method: 'qr' | 'code';
  state: DeviceState;
  stateReason: string;
  /** Text of the QR code to show now. */
  qr: string | null;
  /** What the person types on the phone. */
  code: string | null;
  expiresAt: Time | null;
  deadline: Time;
}

export type MessageStatus =
  | 'scheduled'
  | 'queued'
  | 'held'
  | 'sending'
  | 'sent'
  | 'delivered'
  | 'read'
  | 'played'
  | 'failed'
  | 'expired'
  | 'canceled'
  | 'received';

export interface Location {
  latitude: number;
  longitude: number;
  name?: string;
  address?: string;
  url?: string;
}

export interface ContactCard {
  name: string;
  phones: string[];
  organization?: string;
  email?: string;
  /** The card itself, where it says more than the fields. */
  vcard?: string;
}

export interface Poll {
  question: string;
  options: string[];
  /** 0: as many as there are. */
  selectableCount: number;
}

/** What is sent: the content stands under its type's name. */
export type MessageContent =
  | { type: 'text'; text: { body: string } }
  | { type: 'location'; location: Location }
  | { type: 'contacts'; contacts: (ContactCard | { vcard: string })[] }
  | { type: 'poll'; poll: { question: string; options: string[]; selectableCount?: number } }
  | { type: 'reaction'; reaction: { messageId: string; emoji: string } };
/** What goes first on a device, most urgent first. */
export type Priority = 'otp' | 'reply' | 'normal' | 'bulk';

export interface Message {
  id: string;
  status: MessageStatus;
  deviceId: string;
  conversationId: string;
  direction: 'inbound' | 'outbound';
  origin: 'api' | 'contact' | 'phone';
  source: 'live' | 'history' | 'recovered';
  contactId: string | null;
  phone: string | null;
  senderId: string | null;
  type: string;
  text: { body: string } | null;
  location: Location | null;
  contacts: ContactCard[] | null;
  poll: Poll | null;
  reaction: { messageId: string; emoji: string } | null;
  edit: { messageId: string; text: { body: string } } | null;
  revoke: { messageId: string } | null;
  unsupported: { kind: string } | null;
  replyTo: string | null;
  mentions: string[] | 'everyone' | null;
  forwarded: boolean;
  editedAt: Time | null;
  revokedAt: Time | null;
  /** `senderId` null is your own account. */
  reactions: { emoji: string; senderId: string | null; at: Time }[];
  pollResults: { option: string; votes: number; voterIds: (string | null)[] }[] | null;
  clientRef: string | null;
  metadata: Record<string, string> | null;
  priority: Priority;
  /** Goes out even though the contact has opted out. */
  transactional: boolean;
  heldReason: string | null;
  /** When it was asked to go; null: at once. */
  sendAt: Time | null;
  nextAttemptAt: Time | null;
  validUntil: Time | null;
  error: { code: string; message: string; providerCode: string | null; retryable: boolean } | null;
  createdAt: Time;
  sentAt: Time | null;
  statusAt: Time;
}

export interface SendOptions {
  clientRef?: string;
  metadata?: Record<string, string>;
  /** Also to a contact that has opted out; takes the scope `messages:transactional`. */
  transactional?: boolean;
  priority?: Priority;
  /** When it is to go, up to a year ahead. */
  sendAt?: Time;
  /** Seconds the message may wait before it expires, from `sendAt` where that is given. */
  validFor?: number;
  requireOnline?: boolean;
}

export type SendMessage = MessageContent &
  SendOptions & {
    deviceId: string;
    /** E.164 number, or the id of a contact, a conversation or a group. */
    to: string;
    /** A message of the same conversation. */
    replyTo?: string;
    mentions?: string[] | 'everyone';
  };

export type ForwardMessage = SendOptions & {
  to: string;
  /** Default: the device of the message. */
  deviceId?: string;
};
/** What became of each message of a batch, in the order given. */
export interface BatchSent {
  accepted: number;
  refused: number;
  data: {
    index: number;
    id: string | null;
    status: MessageStatus | null;
    clientRef: string | null;
    error: {
      code: string;
      message: string;
      param: string | null;
      retryable: boolean;
      docs: string;
      details: ErrorDetail[];
    } | null;
  }[];
}

export interface TimelineEntry {
  at: Time;
  status: string;
  eventId: string;
  occurredAt: Time;
  reason: string | null;
}

export interface WapingEvent {
  id: string;
  type: string;
  createdAt: Time;
  workspaceId: string;
  deviceId: string | null;
  sequence: number;
  apiVersion: string;
  data: Record<string, unknown>;
}

export interface ErrorDetail {
  param: string;
  message: string;
}

export interface Page<T> {
  data: T[];
  hasMore: boolean;
  nextCursor: string | null;
}

export interface PageQuery {
  /** 1 to 100. */
  limit?: number;
  cursor?: string;
  order?: 'asc' | 'desc';
}

export interface MessageQuery extends PageQuery {
  deviceId?: string;
  conversationId?: string;
  direction?: 'inbound' | 'outbound';
  status?: MessageStatus;
  clientRef?: string;
  phone?: string;
}
