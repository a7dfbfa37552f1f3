// Made by `npm run generate` from the OpenAPI description. Changes made here are lost.

export type AcceptInvitation = {
  /** What follows `#` in the link. */
  token: string;
  /** Name the team sees. */
  name?: string | undefined;
  /** A new password of at least 10 characters. */
  password: string;
  /** Six digits of the authenticator app, or a recovery code. Needed where a second factor is in force. */
  code?: string | undefined;
};

export type ApiKey = {
  /** Id of the key. */
  id: string;
  /** What it is for. */
  name: string;
  /** Whether it works. */
  state: "active" | "expired" | "revoked";
  /** `resource:verb`, `resource:*` or `*`. */
  scopes: string[];
  /** The only devices the key may use; null: all, and what belongs to no device. */
  deviceIds: string[] | null;
  /** The only addresses and networks (CIDR) the key may be used from; null: any. */
  allowedIps: string[] | null;
  /** When the key stops working; null: never. */
  expiresAt: string | null;
  /** Time, RFC 3339 in UTC. */
  createdAt: string;
  /** The person or key that made it; null: the operator, or the first start. */
  createdBy: string | null;
  /** When it was last used, to about a minute; null: never. */
  lastUsedAt: string | null;
  /** Where from. */
  lastUsedIp: string | null;
  /** When it last got a new secret. */
  rotatedAt: string | null;
  /** How long the secret before the rotation still works; null: it does not. */
  oldSecretUntil: string | null;
  /** When it was revoked. */
  revokedAt: string | null;
};

export type ApiKeyList = {
  /** The rows of this page. */
  data: ApiKey[];
  /** Whether rows follow this page. */
  hasMore: boolean;
  /** Give it as `cursor` to get the next page. */
  nextCursor: string | null;
};

export type AuditEntry = {
  /** Id of the entry. */
  id: string;
  /** Time, RFC 3339 in UTC. */
  createdAt: string;
  /** Who did it. */
  actor: {
    /** `api_key`; `person`; `operator`, who runs the installation, over HTTP; `cli`, the operator on the command line; `system`, WAPing itself; `anonymous`, who proved nothing, such as a failed sign-in. */
    kind: "api_key" | "person" | "operator" | "cli" | "system" | "anonymous";
    /** The key, the person; null for `anonymous`. */
    id: string | null;
  };
  /** The operation, by its id in this reference. */
  action: string;
  /** `refused` is a failed attempt to prove who one is. */
  outcome: "done" | "refused";
  /** What it was done to. */
  target: {
    /** What it is. */
    kind: string;
    /** Which one. */
    id: string;
  } | null;
  /** What mattered before; null where nothing is shown. Secrets are `[redacted]`. */
  before: Record<string, unknown> | null;
  /** What mattered after; null where nothing is shown. Secrets are `[redacted]`. */
  after: Record<string, unknown> | null;
  /** Network address it came from; null on the command line. */
  address: string | null;
  /** The request, as in `X-Request-Id` and in the server’s log. */
  requestId: string | null;
};

export type AuditList = {
  /** The rows of this page. */
  data: AuditEntry[];
  /** Whether rows follow this page. */
  hasMore: boolean;
  /** Give it as `cursor` to get the next page. */
  nextCursor: string | null;
};

export type BatchResult = {
  /** Which of your messages, from 0. */
  index: number;
  /** The message, where it was accepted. */
  id: string | null;
  /** Where it stands, where it was accepted. */
  status: "scheduled" | "queued" | "held" | "sending" | "sent" | "delivered" | "read" | "played" | "failed" | "expired" | "canceled" | "received" | null;
  /** Your own reference. */
  clientRef: string | null;
  /** Why it was refused; null where it was accepted. */
  error: {
    /** As in the error envelope. */
    code: string;
    /** For people; may change. */
    message: string;
    /** Field of the message it is about. */
    param: string | null;
    /** Whether the same again may work. */
    retryable: boolean;
    /** Where the code is explained. */
    docs: string;
    /** Every finding, with the field it is about. */
    details: {
      /** Which field. */
      param: string;
      /** What is wrong with it. */
      message: string;
    }[];
  } | null;
};

export type BatchSent = {
  /** How many were accepted. */
  accepted: number;
  /** How many were refused. */
  refused: number;
  /** One for each message, in your order. */
  data: BatchResult[];
};

export type Block = {
  /** The contact. */
  contactId: string;
  /** Whether it is blocked now. */
  blocked: boolean;
};

export type BlockContact = {
  /** Whom to block. */
  contactId: string;
};

export type BlockedList = {
  /** People whose messages and calls the account does not get. */
  blocked: ({
    /** E.164, where told. */
    phone: string | null;
    /** WhatsApp’s privacy-preserving number, where told. */
    lid: string | null;
  })[];
};

export type Call = {
  /** Id of the call. */
  id: string;
  /** The device whose account is called. */
  deviceId: string;
  /** The chat with the caller, or the group. */
  conversationId: string;
  /** Who calls. */
  contactId: string | null;
  /** Number of the caller, when known. */
  phone: string | null;
  /** Whether it is a video call. */
  video: boolean;
  /** `offered` while it rings. */
  state: "offered" | "ended";
  /** `ended`: the caller hung up; `timeout`: nobody answered; `accepted_elsewhere`: it was answered on the phone or another device; `rejected`: here or there; `unknown`: WhatsApp did not tell. */
  endReason: "ended" | "timeout" | "accepted_elsewhere" | "rejected" | "unknown" | null;
  /** Since when it rings. */
  offeredAt: string;
  /** Since when it rings no more. */
  endedAt: string | null;
  /** Time, RFC 3339 in UTC. */
  createdAt: string;
};

export type CallFromPhone = {
  /** Number it calls: the one your device is linked to. */
  to: string;
  /** A video call. */
  video?: boolean | undefined;
};

export type CallList = {
  /** The rows of this page. */
  data: Call[];
  /** Whether rows follow this page. */
  hasMore: boolean;
  /** Give it as `cursor` to get the next page. */
  nextCursor: string | null;
};

export type ChangeGroupMembers = {
  /** `promote` makes admins, `demote` members again. */
  action: "add" | "remove" | "promote" | "demote";
  /** 1 to 100 E.164 numbers or contact ids. */
  members: string[];
};

export type ChangePassword = {
  /** The password. */
  password: string;
  /** Six digits of the authenticator app, or a recovery code. Needed where a second factor is in force. */
  code?: string | undefined;
  /** A new password of at least 10 characters. */
  newPassword: string;
};

export type ChangeRole = {
  /** What the person may do. Each operation names the roles that may. */
  role: "owner" | "admin" | "agent" | "viewer";
};

export type ChangeSandboxMembers = {
  /** The simulated phone of yours on which it is done. */
  phone: string;
  /** What is done with them. */
  action: "add" | "remove" | "promote" | "demote";
  /** Phones of yours. */
  members: string[];
};

export type ChangedGroupMembers = {
  group: GroupWithMembers;
  /** What became of each person, as you named them. */
  results: GroupMemberResult[];
};

export type CheckNumbers = {
  /** 1 to 100 numbers. */
  phones: string[];
};

export type ConfirmSecondFactor = {
  /** Six digits of the app. */
  code: string;
};

export type Contact = {
  /** Id of the contact. */
  id: string;
  /** E.164; null while only the LID is known. */
  phone: string | null;
  /** WhatsApp's privacy-preserving number of this person. */
  lid: string | null;
  /** The name your team gave. */
  name: string | null;
  /** The name the person shows to others. */
  pushName: string | null;
  /** Since when the person wants no messages but transactional ones; null: they may be written to. */
  optedOutAt: string | null;
  /** `api`: somebody of your team or a program said so; `keyword`: the person wrote a word that says so. */
  optedOutReason: "api" | "keyword" | null;
  /** The word the person wrote. */
  optedOutKeyword: string | null;
  /** Time, RFC 3339 in UTC. */
  createdAt: string;
  /** Time, RFC 3339 in UTC. */
  updatedAt: string;
};

export type ContactList = {
  /** The rows of this page. */
  data: Contact[];
  /** Whether rows follow this page. */
  hasMore: boolean;
  /** Give it as `cursor` to get the next page. */
  nextCursor: string | null;
};

export type Conversation = {
  /** Id of the conversation. */
  id: string;
  /** The device it is on. */
  deviceId: string;
  /** What kind of chat it is. */
  kind: "person" | "group" | "status";
  /** The other side of a one-to-one chat. */
  contactId: string | null;
  /** WhatsApp’s id of the group. */
  groupId: string | null;
  /** The contact's number, when known. */
  phone: string | null;
  /** Name of the contact. */
  name: string | null;
  /** Messages from the other side not yet marked read. */
  unread: number;
  /** When the last message came or went. */
  lastMessageAt: string | null;
  /** Time, RFC 3339 in UTC. */
  createdAt: string;
};

export type ConversationList = {
  /** The rows of this page. */
  data: Conversation[];
  /** Whether rows follow this page. */
  hasMore: boolean;
  /** Give it as `cursor` to get the next page. */
  nextCursor: string | null;
};

export type CreateApiKey = {
  /** What the key is for. */
  name: string;
  /** What the key may do: `resource:verb`, `resource:*` or `*`. */
  scopes: string[];
  /** The only devices the key may use; null: all, and what belongs to no device. */
  deviceIds?: string[] | null | undefined;
  /** The only addresses and networks (CIDR) the key may be used from; null: any. */
  allowedIps?: string[] | null | undefined;
  /** When the key stops working; null: never. In the future. */
  expiresAt?: string | null | undefined;
};

export type CreateDevice = {
  /** A name your team knows it by. */
  label: string;
  /** `sandbox` is the simulated network: no phone and no quota needed. */
  network?: "whatsapp" | "sandbox" | undefined;
};

export type CreateGroup = {
  /** The device whose account makes it. */
  deviceId: string;
  /** Name of the group. */
  subject: string;
  /** 1 to 100 E.164 numbers or contact ids. */
  members: string[];
};

export type CreateLinkPage = {
  /** Seconds until it stops working: 10 minutes to 24 hours. */
  expiresIn?: number | undefined;
};

export type CreateMediaLink = {
  /** Seconds it works, up to a day. */
  expiresIn?: number | undefined;
};

export type CreateSandboxGroup = {
  /** Name of the group. */
  subject: string;
  /** Its members; the first owns it. */
  phones: string[];
};

export type CreateSandboxPhone = {
  /** Phone number in E.164 form. */
  phone: string;
  /** Name it shows to others. */
  name?: string | undefined;
  /** Reads every message at once. */
  autoRead?: boolean | undefined;
  /** Answers every message with this text. */
  autoReply?: string | null | undefined;
};

export type CreateStreamToken = {
  /** Only these types; `message.*` is all that begin so. */
  types?: string[] | undefined;
  /** Only events of this device. */
  deviceId?: string | undefined;
  /** Seconds in which it opens streams. */
  expiresIn?: number | undefined;
};

export type CreateTemplate = {
  /** Its name, unique in its language. */
  name: string;
  /** Language of its text, as a BCP 47 tag. */
  language: string;
  /** At most 50. A variable of the content that is not listed is a text that every send must give. */
  variables?: ({
    /** Its name, as it stands between the braces. */
    name: string;
    /** `text`; `number`; `url`: http or https; `phone`: an E.164 number. Values are checked against it. */
    type?: "text" | "number" | "url" | "phone" | undefined;
    /** Whether a send must give it. Left out: true, unless it has a default. */
    required?: boolean | undefined;
    /** What stands there when a send gives none. */
    default?: string | number | undefined;
    /** How long a text may be; 1024 where left out. */
    maxLength?: number | undefined;
    /** What it is for. */
    description?: string | undefined;
  })[] | undefined;
} & (
  | { type: "text"; text: {
      /** The text, with its variables. */
      body: string;
    } }
  | { type: "image"; image: {
      /** The file, where it is media of the workspace: it stays while a template names it. */
      mediaId?: string | undefined;
      /** Where the file is, with its variables: it is fetched for each send. */
      url?: string | undefined;
      /** Text shown with the file. */
      caption?: string | undefined;
      /** true: it can be looked at once. */
      viewOnce?: boolean | undefined;
    } }
  | { type: "video"; video: {
      /** The file, where it is media of the workspace: it stays while a template names it. */
      mediaId?: string | undefined;
      /** Where the file is, with its variables: it is fetched for each send. */
      url?: string | undefined;
      /** Text shown with the file. */
      caption?: string | undefined;
      /** true: it can be looked at once. */
      viewOnce?: boolean | undefined;
    } }
  | { type: "document"; document: {
      /** The file, where it is media of the workspace: it stays while a template names it. */
      mediaId?: string | undefined;
      /** Where the file is, with its variables: it is fetched for each send. */
      url?: string | undefined;
      /** Text shown with the file. */
      caption?: string | undefined;
      /** Name of the file, as the recipient sees it. */
      fileName?: string | undefined;
    } }
  | { type: "location"; location: {
      /** Degrees, north positive; or one variable. */
      latitude: number | string;
      /** Degrees, east positive; or one variable. */
      longitude: number | string;
      /** Name of the place. */
      name?: string | undefined;
      /** Its address. */
      address?: string | undefined;
      /** A page about it. */
      url?: string | undefined;
    } }
  | { type: "contacts"; contacts: ({
      /** Name on the card. */
      name?: string | undefined;
      /** Its numbers. */
      phones?: string[] | undefined;
      /** Company or the like. */
      organization?: string | undefined;
      /** Mail address. */
      email?: string | undefined;
      /** The whole card as vCard text; values are escaped in it. */
      vcard?: string | undefined;
    })[] }
  | { type: "poll"; poll: {
      /** What is asked. */
      question: string;
      /** 2 to 12 different answers. */
      options: string[];
      /** How many a voter may choose; 0 is as many as there are. */
      selectableCount?: number | undefined;
    } }
);

export type CreateWebhook = {
  /** Where events are sent: https, and no private address; http and private ones only where the operator allows the host. */
  url: string;
  /** What it is for. */
  description?: string | undefined;
  /** What it gets: `*`, all of a kind (`message.*`) or single types (`message.received`). */
  events?: string[] | undefined;
  /** The only devices whose events it gets; null: all, and events of no device. */
  deviceIds?: string[] | null | undefined;
  /** Headers sent with every delivery, up to 20. They cannot replace ours (`webhook-*`, `content-type` …). Kept sealed: their values are never shown again. */
  headers?: Record<string, string> | undefined;
  /** Whether events of one conversation go out one after the other: each waits until the one before it was delivered or given up. */
  ordered?: boolean | undefined;
};

export type CreateWorkspace = {
  /** What people call it. */
  name: string;
  /** Its plan; the first of the installation by default. */
  plan?: string | undefined;
  /** Limits of this workspace alone. */
  overrides?: {
    /** Devices instead of what the plan says; null is the plan. */
    devices?: number | null | undefined;
    /** Messages a month instead of what the plan says; null is the plan. */
    outboundPerMonth?: number | null | undefined;
  } | undefined;
};

export type CreatedGroup = {
  /** Id of the group on this device. */
  id: string;
  /** The device that is in it. */
  deviceId: string;
  /** Its chat, once there is a message. */
  conversationId: string | null;
  /** WhatsApp’s id of the group. */
  whatsappId: string;
  /** Name of the group. */
  subject: string;
  /** Text under the name; empty for none. */
  description: string;
  /** true: only admins send messages. */
  announce: boolean;
  /** true: only admins change name, description and picture. */
  locked: boolean;
  /** Who may add members. */
  memberAdd: "admins" | "all";
  /** true: who comes by the invite link waits for an admin. */
  joinApproval: boolean;
  /** Seconds after which messages disappear; 0 is never. */
  ephemeralSeconds: number;
  /** What the account itself may do; null where it is not in the group. */
  role: "owner" | "admin" | "member" | null;
  /** How many are in it, as far as known. */
  memberCount: number;
  /** When it was made on WhatsApp. */
  foundedAt: string | null;
  /** Since when the account is not in it any more. */
  leftAt: string | null;
  /** Time, RFC 3339 in UTC. */
  createdAt: string;
  /** Everyone in it, admins first. */
  members: GroupMember[];
  /** What became of each person, as you named them. */
  results: GroupMemberResult[];
};

export type DecideJoinRequests = {
  /** What becomes of them. */
  decision: "approve" | "reject";
  /** 1 to 100 E.164 numbers or contact ids. */
  members: string[];
};

export type DecidedJoinRequests = {
  group: GroupWithMembers;
  /** What became of each person, as you named them. */
  results: GroupMemberResult[];
};

export type Device = {
  /** Id of the device; stays through unlinking and linking again. */
  id: string;
  /** The name your team knows it by. */
  label: string;
  /** `sandbox` is the simulated network: no phone and no quota needed. */
  network: "whatsapp" | "sandbox";
  /** Where the device stands. */
  state: "unlinked" | "linking" | "connecting" | "connected" | "degraded" | "disconnected" | "logged_out" | "restricted";
  /** Why it is in this state. */
  stateReason: string;
  /** Since when. */
  stateAt: string;
  /** Until when WhatsApp restricts the account, as last told. With reason `reach_out_locked` only new chats wait for it. */
  restrictedUntil: string | null;
  /** When it connects again by itself. */
  retryAt: string | null;
  /** The WhatsApp account it is linked to. */
  account: {
    /** Phone number in E.164 form. */
    phone: string;
    /** WhatsApp’s privacy-preserving number of the account. */
    lid: string | null;
    /** Name the account shows to others. */
    name: string | null;
  } | null;
  /** How its sends are spread; see the guide on pacing. */
  pacing: Pacing;
  /** Whether every call to the account is rejected as soon as it rings, while the device is connected. */
  rejectCalls: boolean;
  /** How far the history is that the phone hands over after a link. */
  historySync: {
    /** `none`: the phone sent no history yet; `syncing`: some of it waits to be stored; `done`: all it sent is stored; `failed`: the last part could not be read. */
    state: "none" | "syncing" | "done" | "failed";
    /** How much of the history it shares the phone has sent, as it says itself. */
    percent: number;
    /** Messages it brought since the device was linked. */
    messages: number;
  };
  /** Time, RFC 3339 in UTC. */
  createdAt: string;
};

export type DeviceGap = {
  /** Id of the gap; events about it name it. */
  id: string;
  /** Since when nothing could come. */
  from: string;
  /** When the connection was back; null: it is not. */
  to: string | null;
  /** Why, as in `stateReason`. */
  reason: string;
  /** `filling`: WhatsApp sends what it kept; `recovered`: all of it came; `lost`: the device was unlinked first, or the end never came. */
  status: "open" | "filling" | "recovered" | "lost";
  /** Messages that came late. */
  messagesRecovered: number;
};

export type DeviceHealth = {
  /** Where the device stands. */
  state: "unlinked" | "linking" | "connecting" | "connected" | "degraded" | "disconnected" | "logged_out" | "restricted";
  /** How well it is: 100 is perfect, 80 and more is healthy. */
  score: number;
  /** Whether it is well. */
  healthy: boolean;
  /** What keeps the score from 100; empty when nothing does. */
  reasons: {
    /** Stable; new ones may come. */
    code: string;
    /** For people. */
    message: string;
    /** What it costs. */
    points: number;
  }[];
  /** Since when this connection stands. */
  connectedAt: string | null;
  /** When WhatsApp last sent anything. */
  lastFrameAt: string | null;
  /** When the last receipt for a sent message came. */
  lastReceiptAt: string | null;
  /** Last round trip in milliseconds. */
  pingMs: number | null;
  /** Sends WhatsApp has not confirmed yet. */
  unacked: number | null;
  /** New connections made because nothing came, since anything last did. */
  deafRestarts: number | null;
  /** Its newest times in which nothing could come, newest first; at most ten. */
  gaps: DeviceGap[];
  /** What is used of its budget of cold chats. */
  pacing: {
    /** Whether its sends are paced. */
    enabled: boolean;
    /** People it wrote to today (UTC) who never wrote to it. */
    coldChatsUsed: number;
    /** How many it may today; null: not limited. */
    coldChatsAllowed: number | null;
    /** When its warm-up ends; null: it is over. */
    warmUpUntil: string | null;
  };
};

export type DeviceList = {
  /** The rows of this page. */
  data: Device[];
  /** Whether rows follow this page. */
  hasMore: boolean;
  /** Give it as `cursor` to get the next page. */
  nextCursor: string | null;
};

export type DeviceProfile = {
  /** The name the account shows to others. */
  name: string | null;
  /** The line under it. */
  about: string | null;
  /** WhatsApp’s name of its picture, another one with every change; null where it has none. */
  pictureId: string | null;
};

/** Devices against the plan. */
export type DeviceUse = {
  /** Devices of network `whatsapp`. Sandbox devices are free. */
  used: number;
  /** Devices the plan allows. */
  limit: number;
  /** What is left; never below 0. */
  remaining: number;
};

export type DisruptSandboxPhone = {
  /** `drop` cuts the connection, `freeze` leaves it standing and dead, `deafen` has nothing come over it but answers (with `silent` not even those), `corrupt` sends a frame that cannot be read, `stream_error` ends it with `code`, `replace` as if another program had logged in, `unlink` is the person taking the devices off the phone. */
  kind: "drop" | "freeze" | "deafen" | "corrupt" | "stream_error" | "replace" | "unlink";
  /** With `stream_error`; 503 without. */
  code?: number | undefined;
  /** With `deafen`: pings get no answer either. */
  silent?: boolean | undefined;
};

export type EditMessage = {
  /** The new text. */
  text: {
    /** The text. */
    body: string;
  };
};

export type EndPhoneCall = {
  /** `hang_up` and `timeout` are the caller’s; `answer` and `reject` what the called account’s own phone does. */
  how: "hang_up" | "timeout" | "answer" | "reject";
};

export type EndRotation = {
  /** The secret that goes on working. */
  keep?: "new" | "old" | undefined;
};

export type EraseWorkspace = {
  /** The name of the workspace, typed out. */
  confirm: string;
};

export type Event = {
  /** Id of the event. */
  id: string;
  /** What happened. New types may come. */
  type: string;
  /** Time, RFC 3339 in UTC. */
  createdAt: string;
  /** Your workspace. */
  workspaceId: string;
  /** The device it is about. */
  deviceId: string | null;
  /** Grows with every event; of one device, in the order things happened. */
  sequence: number;
  /** Version of the shape of `data`. */
  apiVersion: string;
  /** What changed; its shape depends on `type`. */
  data: Record<string, unknown>;
};

export type EventList = {
  /** Oldest first. */
  data: Event[];
  /** Whether more can be read at once. */
  hasMore: boolean;
  /** Give it as `after` to go on, also when nothing came. */
  nextCursor: string;
};

export type FetchMedia = {
  /** Where the file is: http or https, reachable from the internet. */
  url: string;
  /** What it is to be sent as: a file that cannot be is refused now. */
  sendAs?: "image" | "video" | "audio" | "voice" | "document" | "sticker" | undefined;
  /** Its name, instead of the one that comes with it. */
  fileName?: string | undefined;
  /** A device of yours. Keys limited to devices must name one, and see what names theirs. */
  deviceId?: string | undefined;
};

export type ForwardMessage = {
  /** E.164 number, or the id of a contact, a conversation or a group. */
  to: string;
  /** The device that sends; by default that of the message. */
  deviceId?: string | undefined;
  /** Your own reference, returned and filterable. */
  clientRef?: string | undefined;
  /** Your own key–value pairs, returned as they are. */
  metadata?: Record<string, string> | undefined;
  /** What goes first on this device: `otp`, then `reply`, `normal` (the default) and `bulk`. Messages of one chat and one priority keep their order. */
  priority?: "otp" | "reply" | "normal" | "bulk" | undefined;
  /** When it is to go, up to a year ahead; until then its status is `scheduled`. A time up to a minute past means now. */
  sendAt?: string | undefined;
  /** Seconds the message may wait before it expires, from `sendAt` where that is given. Default 86,400. */
  validFor?: number | undefined;
  /** true: also to a contact that has opted out, as for an order or a one-time code. Takes the scope `messages:transactional`, or the role owner or admin. */
  transactional?: boolean | undefined;
  /** true: refuse unless the device is connected. false: accept and hold even while it is unlinked. Left out: hold while it connects, refuse while it is unlinked. */
  requireOnline?: boolean | undefined;
};

export type FoundMessage = {
  /** The message. */
  message: Message;
  /** Where in it, the first three fields. */
  highlights: SearchHighlight[];
};

export type FoundMessageList = {
  /** The rows of this page. */
  data: FoundMessage[];
  /** Whether rows follow this page. */
  hasMore: boolean;
  /** Give it as `cursor` to get the next page. */
  nextCursor: string | null;
};

export type Group = {
  /** Id of the group on this device. */
  id: string;
  /** The device that is in it. */
  deviceId: string;
  /** Its chat, once there is a message. */
  conversationId: string | null;
  /** WhatsApp’s id of the group. */
  whatsappId: string;
  /** Name of the group. */
  subject: string;
  /** Text under the name; empty for none. */
  description: string;
  /** true: only admins send messages. */
  announce: boolean;
  /** true: only admins change name, description and picture. */
  locked: boolean;
  /** Who may add members. */
  memberAdd: "admins" | "all";
  /** true: who comes by the invite link waits for an admin. */
  joinApproval: boolean;
  /** Seconds after which messages disappear; 0 is never. */
  ephemeralSeconds: number;
  /** What the account itself may do; null where it is not in the group. */
  role: "owner" | "admin" | "member" | null;
  /** How many are in it, as far as known. */
  memberCount: number;
  /** When it was made on WhatsApp. */
  foundedAt: string | null;
  /** Since when the account is not in it any more. */
  leftAt: string | null;
  /** Time, RFC 3339 in UTC. */
  createdAt: string;
};

export type GroupInvite = {
  /** Who opens it on a phone can join. */
  link: string;
};

export type GroupJoinRequest = {
  /** E.164, where known. */
  phone: string | null;
  /** WhatsApp’s privacy-preserving number, where known. */
  lid: string | null;
  /** When the person asked, where WhatsApp says it. */
  requestedAt: string | null;
};

export type GroupJoinRequests = {
  /** As WhatsApp orders them. */
  requests: GroupJoinRequest[];
};

export type GroupList = {
  /** The rows of this page. */
  data: Group[];
  /** Whether rows follow this page. */
  hasMore: boolean;
  /** Give it as `cursor` to get the next page. */
  nextCursor: string | null;
};

export type GroupMember = {
  /** E.164, where known. */
  phone: string | null;
  /** WhatsApp’s privacy-preserving number, where known. */
  lid: string | null;
  /** What the person may do in the group. */
  role: "owner" | "admin" | "member";
  /** The contact it is, where it is one. */
  contactId: string | null;
  /** Name of the contact. */
  name: string | null;
};

export type GroupMemberResult = {
  /** The person as you named them. */
  member: string;
  /** `invite_needed`: their privacy settings let nobody add them, send them the invite link. `recently_left`: they left and only come back by the link. */
  status: "done" | "invite_needed" | "recently_left" | "already_member" | "not_a_member" | "not_on_whatsapp" | "group_full" | "refused";
  /** WhatsApp’s own code. */
  whatsappCode: number;
};

export type GroupWithMembers = {
  /** Id of the group on this device. */
  id: string;
  /** The device that is in it. */
  deviceId: string;
  /** Its chat, once there is a message. */
  conversationId: string | null;
  /** WhatsApp’s id of the group. */
  whatsappId: string;
  /** Name of the group. */
  subject: string;
  /** Text under the name; empty for none. */
  description: string;
  /** true: only admins send messages. */
  announce: boolean;
  /** true: only admins change name, description and picture. */
  locked: boolean;
  /** Who may add members. */
  memberAdd: "admins" | "all";
  /** true: who comes by the invite link waits for an admin. */
  joinApproval: boolean;
  /** Seconds after which messages disappear; 0 is never. */
  ephemeralSeconds: number;
  /** What the account itself may do; null where it is not in the group. */
  role: "owner" | "admin" | "member" | null;
  /** How many are in it, as far as known. */
  memberCount: number;
  /** When it was made on WhatsApp. */
  foundedAt: string | null;
  /** Since when the account is not in it any more. */
  leftAt: string | null;
  /** Time, RFC 3339 in UTC. */
  createdAt: string;
  /** Everyone in it, admins first. */
  members: GroupMember[];
};

export type Invitation = {
  /** Id of the invitation. */
  id: string;
  /** Who is invited. */
  email: string;
  /** What the person may do. Each operation names the roles that may. */
  role: "owner" | "admin" | "agent" | "viewer";
  /** The person or key that invited. */
  invitedBy: string;
  /** Time, RFC 3339 in UTC. */
  createdAt: string;
  /** When the link stops working. */
  expiresAt: string;
};

export type InvitationList = {
  /** The rows of this page. */
  data: Invitation[];
  /** Whether rows follow this page. */
  hasMore: boolean;
  /** Give it as `cursor` to get the next page. */
  nextCursor: string | null;
};

export type InviteMember = {
  /** Email address; upper and lower case are one. */
  email: string;
  /** What the person may do. Each operation names the roles that may. */
  role: "owner" | "admin" | "agent" | "viewer";
};

export type IssuedApiKey = {
  /** Id of the key. */
  id: string;
  /** What it is for. */
  name: string;
  /** Whether it works. */
  state: "active" | "expired" | "revoked";
  /** `resource:verb`, `resource:*` or `*`. */
  scopes: string[];
  /** The only devices the key may use; null: all, and what belongs to no device. */
  deviceIds: string[] | null;
  /** The only addresses and networks (CIDR) the key may be used from; null: any. */
  allowedIps: string[] | null;
  /** When the key stops working; null: never. */
  expiresAt: string | null;
  /** Time, RFC 3339 in UTC. */
  createdAt: string;
  /** The person or key that made it; null: the operator, or the first start. */
  createdBy: string | null;
  /** When it was last used, to about a minute; null: never. */
  lastUsedAt: string | null;
  /** Where from. */
  lastUsedIp: string | null;
  /** When it last got a new secret. */
  rotatedAt: string | null;
  /** How long the secret before the rotation still works; null: it does not. */
  oldSecretUntil: string | null;
  /** When it was revoked. */
  revokedAt: string | null;
  /** The secret itself, shown this once: null when an Idempotency-Key is repeated. */
  apiKey: string | null;
};

export type IssuedWebhook = {
  /** Id of the endpoint. */
  id: string;
  /** Where events are sent. */
  url: string;
  /** What it is for. */
  description: string;
  /** `*`, all of a kind (`message.*`) or single types (`message.received`). */
  events: string[];
  /** The only devices whose events it gets; null: all, and events of no device. */
  deviceIds: string[] | null;
  /** Whether events of one conversation go out one after the other: each waits until the one before it was delivered or given up. */
  ordered: boolean;
  /** Names of the headers you gave it; their values are not shown. */
  headerNames: string[];
  /** Events are sent while it is `active`. `unverified`: it has not answered its challenge yet. `paused`: events wait in the log. `disabled`: it answered 410. */
  state: "unverified" | "active" | "paused" | "disabled";
  /** Why it is paused or disabled. `failing` resumes by itself once the endpoint answers well again. */
  stateReason: "by_hand" | "failing" | "gone" | null;
  /** Time, RFC 3339 in UTC. */
  stateAt: string;
  /** Since when every attempt has failed; null: none is known. */
  failingSince: string | null;
  /** When an attempt last went well, to about a minute. */
  lastSuccessAt: string | null;
  /** When an attempt last failed. */
  lastFailureAt: string | null;
  /** What went wrong last, the challenge included. */
  lastError: string | null;
  /** When the next challenge or probe goes out, where one does by itself. */
  nextTryAt: string | null;
  /** When it last got a new secret. */
  rotatedAt: string | null;
  /** How long the secret before the rotation signs too; null: it does not. */
  oldSecretUntil: string | null;
  /** The key or person that made it. */
  createdBy: string;
  /** Time, RFC 3339 in UTC. */
  createdAt: string;
  /** Time, RFC 3339 in UTC. */
  updatedAt: string;
  /** The signing secret, shown this once: null when an Idempotency-Key is repeated. */
  secret: string | null;
};

export type Job = {
  /** Id of the job. */
  id: string;
  /** What it does. New kinds may come. */
  kind: string;
  /** Where it stands; `succeeded`, `failed` and `canceled` are final. */
  state: "queued" | "running" | "succeeded" | "failed" | "canceled";
  /** What it was asked for. */
  input: Record<string, unknown>;
  /** How far it is. */
  progress: {
    /** What it is doing. */
    phase: string;
    /** Units of work done. */
    done: number;
    /** Units expected; an estimate, null while unknown. */
    total: number | null;
  };
  /** Figures of a job that succeeded; they depend on `kind`. */
  result: Record<string, unknown> | null;
  /** Why it failed. */
  error: {
    /** One of the error codes. */
    code: string;
    /** For people; may change. */
    message: string;
  } | null;
  /** Where to fetch what it made. */
  resultUrl: string | null;
  /** Until when it can be fetched. */
  resultExpiresAt: string | null;
  /** Whether it can be canceled while it runs. Until it has begun every job can. */
  cancelable: boolean;
  /** The key or person that asked for it, or `waping`. */
  createdBy: string;
  /** Time, RFC 3339 in UTC. */
  createdAt: string;
  /** When it was first begun. */
  startedAt: string | null;
  /** When it ended. */
  finishedAt: string | null;
};

export type JobList = {
  /** The rows of this page. */
  data: Job[];
  /** Whether rows follow this page. */
  hasMore: boolean;
  /** Give it as `cursor` to get the next page. */
  nextCursor: string | null;
};

export type JobResult = {
  /** What was exported; `record` says of what kind each is. */
  records: Record<string, unknown>[];
};

export type JoinGroup = {
  /** The device whose account joins. */
  deviceId: string;
  /** The invite link, or the code at its end. */
  link: string;
};

export type JoinSandboxGroup = {
  /** The link, or the code at its end. */
  link: string;
};

export type JoinedGroup = {
  /** Whether the account is in it. */
  status: "joined" | "pending";
  /** The group; null while an admin has to decide. */
  group: GroupWithMembers | null;
};

export type LeaveSandboxGroup = {
  /** The simulated phone of yours on which it is done. */
  phone: string;
};

export type LinkDevice = {
  /** How to ask the phone. */
  method?: "qr" | "code" | undefined;
  /** With `code`: number of the phone that will type it. */
  phone?: string | undefined;
};

export type LinkPage = {
  /** Id of the page. */
  id: string;
  /** The device that is linked with it. */
  deviceId: string;
  /** `used`: the device was linked with it. Only an `open` page works. */
  status: "open" | "used" | "revoked" | "expired";
  /** When a browser opened it; from then on no other can. */
  openedAt: string | null;
  /** When it stops working. */
  expiresAt: string;
  /** Time, RFC 3339 in UTC. */
  createdAt: string;
};

export type LinkProgress = {
  /** The device that is being linked. */
  deviceId: string;
  /** `preparing`: WhatsApp has not given a code yet; `waiting`: show the code; `scanned`: the phone agreed, the device connects; `linked`: done; `ended`: it was not linked, `stateReason` says why. */
  step: "preparing" | "waiting" | "scanned" | "linked" | "ended";
  /** Where the device stands. */
  state: "unlinked" | "linking" | "connecting" | "connected" | "degraded" | "disconnected" | "logged_out" | "restricted";
  /** Why it is in this state. */
  stateReason: string;
  /** Text of the QR code to show now. */
  qr: string | null;
  /** What the person types on the phone. */
  code: string | null;
  /** When this QR or code stops working. */
  expiresAt: string | null;
  /** When linking gives up. */
  deadline: string | null;
};

export type LinkSession = {
  /** The device that is being linked. */
  deviceId: string;
  /** How the phone is asked. */
  method: "qr" | "code";
  /** Where the device stands. */
  state: "unlinked" | "linking" | "connecting" | "connected" | "degraded" | "disconnected" | "logged_out" | "restricted";
  /** Why it is in this state. */
  stateReason: string;
  /** Text of the QR code to show now; it changes every few seconds. */
  qr: string | null;
  /** What the person types on the phone, with method `code`. */
  code: string | null;
  /** When this QR or code stops working. */
  expiresAt: string | null;
  /** When linking gives up. */
  deadline: string;
};

export type Me = {
  /** Where the caller works. */
  workspace: {
    /** The workspace the caller works in. */
    id: string;
    /** Its name. */
    name: string;
  };
  /** The plan, with what the operator changed for this workspace. */
  plan: {
    /** The plan. */
    name: string;
    /** Devices of network `whatsapp` at the most. */
    devices: number;
    /** Messages a month at the most. */
    outboundPerMonth: number;
    /** Whether API keys work. */
    apiAccess: boolean;
  };
  /** Who calls; `kind` says which of the two. */
  actor: {
    /** A program with an API key. */
    kind: "api_key";
    /** The key. */
    id: string;
    /** What it is for. */
    name: string | null;
    /** What it may do. */
    scopes: string[];
    /** The only devices it may use; null: all. */
    deviceIds: string[] | null;
    /** Where it may be used from; null: anywhere. */
    allowedIps: string[] | null;
    /** When it stops working; null: never. */
    expiresAt: string | null;
  } | {
    /** A person who is signed in. */
    kind: "person";
    /** The person. */
    id: string;
    /** Name the team sees. */
    name: string | null;
    /** Email address. */
    email: string | null;
    /** Role here. */
    role: "owner" | "admin" | "agent" | "viewer";
  };
  /** Every operation of a workspace. */
  operations: ({
    /** An operation, by its `operationId`. */
    id: string;
    /** Whether the caller may call it now. */
    allowed: boolean;
    /** `plan`, `scope`, `role` or `deviceList`; null when allowed. */
    refusedBy: string | null;
    /** What is missing; null when allowed. */
    reason: string | null;
  })[];
};

export type Media = {
  /** Id of the media. */
  id: string;
  /** The device it belongs to: keys limited to that device may use it. */
  deviceId: string | null;
  /** What the file is. */
  kind: "image" | "video" | "audio" | "document";
  /** Its media type, told by its bytes. */
  mimeType: string;
  /** Bytes. */
  size: number;
  /** SHA-256 of its bytes, in hex. */
  sha256: string;
  /** Its name, without a path. */
  fileName: string | null;
  /** Pixels, of an image. */
  width: number | null;
  /** Pixels, of an image. */
  height: number | null;
  /** The message types it can be sent as, by its type and size. */
  sendableAs: ("image" | "video" | "audio" | "voice" | "document" | "sticker")[];
  /** How it came here: uploaded, fetched, given with a message, or received. */
  source: "upload" | "url" | "base64" | "inbound";
  /** Time, RFC 3339 in UTC. */
  createdAt: string;
};

export type MediaLink = {
  /** The link. It is a secret for as long as it works. */
  url: string;
  /** When it stops working. */
  expiresAt: string;
};

export type MediaList = {
  /** The rows of this page. */
  data: Media[];
  /** Whether rows follow this page. */
  hasMore: boolean;
  /** Give it as `cursor` to get the next page. */
  nextCursor: string | null;
};

export type Member = {
  /** The person. */
  personId: string;
  /** Email address. */
  email: string;
  /** Name the team sees. */
  name: string;
  /** What the person may do. Each operation names the roles that may. */
  role: "owner" | "admin" | "agent" | "viewer";
  /** Whether a second factor is in force. */
  twoFactor: boolean;
  /** Time, RFC 3339 in UTC. */
  joinedAt: string;
};

export type MemberList = {
  /** The rows of this page. */
  data: Member[];
  /** Whether rows follow this page. */
  hasMore: boolean;
  /** Give it as `cursor` to get the next page. */
  nextCursor: string | null;
};

export type Message = {
  /** Id of the message. */
  id: string;
  /** Where it stands. */
  status: "scheduled" | "queued" | "held" | "sending" | "sent" | "delivered" | "read" | "played" | "failed" | "expired" | "canceled" | "received";
  /** The device that sends or received it. */
  deviceId: string;
  /** The chat it belongs to. */
  conversationId: string;
  /** Received or sent. */
  direction: "inbound" | "outbound";
  /** Who wrote it: this API, the other side, or your own phone or another linked device. */
  origin: "api" | "contact" | "phone";
  /** How it came here: as it happened, from the phone’s history, or after a gap. */
  source: "live" | "history" | "recovered";
  /** The other side of a one-to-one chat. */
  contactId: string | null;
  /** Number of the other side, when known. */
  phone: string | null;
  /** Contact that wrote it; null for your own. */
  senderId: string | null;
  /** Kind of message. New kinds may come. */
  type: string;
  /** Content of a message of type `text`. */
  text: {
    /** The text. */
    body: string;
    /** Preview of a link in it. */
    preview?: {
      /** The link, as it stands in the text. */
      url: string;
      /** Title of its page. */
      title: string;
      /** What the page says of itself. */
      description?: string | undefined;
      /** A small JPEG, in base64. */
      thumbnail?: string | undefined;
    } | undefined;
  } | null;
  /** The file of a message of type `image`, `video`, `audio`, `voice`, `document` or `sticker`. */
  media: MessageMedia | null;
  /** Content of a message of type `location`. */
  location: {
    /** Degrees, north positive. */
    latitude: number;
    /** Degrees, east positive. */
    longitude: number;
    /** Name of the place. */
    name?: string | undefined;
    /** Its address. */
    address?: string | undefined;
    /** A page about it. */
    url?: string | undefined;
  } | null;
  /** Content of a message of type `contacts`. */
  contacts: ({
    /** Name on the card. */
    name: string;
    /** Its numbers. */
    phones: string[];
    /** Company or the like. */
    organization?: string | undefined;
    /** Mail address. */
    email?: string | undefined;
    /** The card itself, where it says more than these fields. */
    vcard?: string | undefined;
  })[] | null;
  /** Content of a message of type `poll`. */
  poll: {
    /** What is asked. */
    question: string;
    /** The answers. */
    options: string[];
    /** How many a voter may choose; 0 is as many as there are. */
    selectableCount: number;
  } | null;
  /** Content of a message of type `reaction`, sent by you. */
  reaction: {
    /** The message reacted to. */
    messageId: string;
    /** One emoji; empty takes the reaction back. */
    emoji: string;
  } | null;
  /** Content of a message of type `vote`, sent by you. */
  vote: {
    /** The poll voted on. */
    messageId: string;
    /** What is chosen, in the words of the poll; none takes the vote back. */
    options: string[];
  } | null;
  /** Content of a message of type `edit`, which changes another. */
  edit: {
    /** The message that is edited. */
    messageId: string;
    /** Its new text. */
    text: {
      /** The text. */
      body: string;
      /** Preview of a link in it. */
      preview?: {
        /** The link, as it stands in the text. */
        url: string;
        /** Title of its page. */
        title: string;
        /** What the page says of itself. */
        description?: string | undefined;
        /** A small JPEG, in base64. */
        thumbnail?: string | undefined;
      } | undefined;
    };
  } | null;
  /** Content of a message of type `revoke`, which ends another. */
  revoke: {
    /** The message that is taken back. */
    messageId: string;
  } | null;
  /** A kind not modelled yet, by WhatsApp's name. */
  unsupported: {
    /** WhatsApp’s name of the kind. */
    kind: string;
  } | null;
  /** The message it answers, where it is known here. */
  replyTo: string | null;
  /** Numbers it mentions, or `everyone`. Somebody whose number is not known stands there as `…@lid`. */
  mentions: string[] | "everyone" | null;
  /** Whether it was forwarded. */
  forwarded: boolean;
  /** The template it was made from, if any. */
  template: {
    /** The template; it may be gone by now. */
    id: string;
    /** Its name when the message was accepted. */
    name: string;
    /** Its language. */
    language: string;
  } | null;
  /** How a status update is shown, and one of yours to whom. Null where it says nothing of it. */
  statusUpdate: {
    background: string | null;
    font: "system" | "text" | "script" | "bold" | "morningbreeze" | "calistoga" | "exo2" | "courier" | null;
    /** Who is to see it: everyone the device has a chat with, or these. Null for one that was not posted here: WhatsApp does not say. */
    audience: "contacts" | string[] | null;
  } | null;
  /** When it was last edited; the content is the new one. */
  editedAt: string | null;
  /** When it was taken back; it has no content any more. */
  revokedAt: string | null;
  /** The reaction of each who has one, oldest first. */
  reactions: ({
    /** The emoji. */
    emoji: string;
    /** The contact; null for your own account. */
    senderId: string | null;
    /** When it was given. */
    at: string;
  })[];
  /** For a poll: its options with the votes that could be read; null for other kinds. */
  pollResults: ({
    /** The answer. */
    option: string;
    /** How many chose it. */
    votes: number;
    /** Who chose it. */
    voterIds: (string | null)[];
  })[] | null;
  /** Your own reference. */
  clientRef: string | null;
  /** Your own key–value pairs. */
  metadata: Record<string, string> | null;
  /** What goes first on its device. */
  priority: "otp" | "reply" | "normal" | "bulk";
  /** Whether it was sent as transactional. */
  transactional: boolean;
  /** Why it waits, with status `held`; with `sending`, that its device was unlinked meanwhile: it may have arrived. */
  heldReason: string | null;
  /** When it was asked to go; null: at once. */
  sendAt: string | null;
  /** When sending is tried again. */
  nextAttemptAt: string | null;
  /** When it expires if it is still waiting. */
  validUntil: string | null;
  /** Why it failed, with status `failed`. */
  error: {
    /** Ours, and stable. */
    code: string;
    /** For people; may change. */
    message: string;
    /** WhatsApp's own code. */
    providerCode: string | null;
    /** Whether sending again may work. */
    retryable: boolean;
  } | null;
  /** Time, RFC 3339 in UTC. */
  createdAt: string;
  /** When WhatsApp took it. */
  sentAt: string | null;
  /** Since when it stands there. */
  statusAt: string;
};

export type MessageDetail = {
  /** Id of the message. */
  id: string;
  /** Where it stands. */
  status: "scheduled" | "queued" | "held" | "sending" | "sent" | "delivered" | "read" | "played" | "failed" | "expired" | "canceled" | "received";
  /** The device that sends or received it. */
  deviceId: string;
  /** The chat it belongs to. */
  conversationId: string;
  /** Received or sent. */
  direction: "inbound" | "outbound";
  /** Who wrote it: this API, the other side, or your own phone or another linked device. */
  origin: "api" | "contact" | "phone";
  /** How it came here: as it happened, from the phone’s history, or after a gap. */
  source: "live" | "history" | "recovered";
  /** The other side of a one-to-one chat. */
  contactId: string | null;
  /** Number of the other side, when known. */
  phone: string | null;
  /** Contact that wrote it; null for your own. */
  senderId: string | null;
  /** Kind of message. New kinds may come. */
  type: string;
  /** Content of a message of type `text`. */
  text: {
    /** The text. */
    body: string;
    /** Preview of a link in it. */
    preview?: {
      /** The link, as it stands in the text. */
      url: string;
      /** Title of its page. */
      title: string;
      /** What the page says of itself. */
      description?: string | undefined;
      /** A small JPEG, in base64. */
      thumbnail?: string | undefined;
    } | undefined;
  } | null;
  /** The file of a message of type `image`, `video`, `audio`, `voice`, `document` or `sticker`. */
  media: MessageMedia | null;
  /** Content of a message of type `location`. */
  location: {
    /** Degrees, north positive. */
    latitude: number;
    /** Degrees, east positive. */
    longitude: number;
    /** Name of the place. */
    name?: string | undefined;
    /** Its address. */
    address?: string | undefined;
    /** A page about it. */
    url?: string | undefined;
  } | null;
  /** Content of a message of type `contacts`. */
  contacts: ({
    /** Name on the card. */
    name: string;
    /** Its numbers. */
    phones: string[];
    /** Company or the like. */
    organization?: string | undefined;
    /** Mail address. */
    email?: string | undefined;
    /** The card itself, where it says more than these fields. */
    vcard?: string | undefined;
  })[] | null;
  /** Content of a message of type `poll`. */
  poll: {
    /** What is asked. */
    question: string;
    /** The answers. */
    options: string[];
    /** How many a voter may choose; 0 is as many as there are. */
    selectableCount: number;
  } | null;
  /** Content of a message of type `reaction`, sent by you. */
  reaction: {
    /** The message reacted to. */
    messageId: string;
    /** One emoji; empty takes the reaction back. */
    emoji: string;
  } | null;
  /** Content of a message of type `vote`, sent by you. */
  vote: {
    /** The poll voted on. */
    messageId: string;
    /** What is chosen, in the words of the poll; none takes the vote back. */
    options: string[];
  } | null;
  /** Content of a message of type `edit`, which changes another. */
  edit: {
    /** The message that is edited. */
    messageId: string;
    /** Its new text. */
    text: {
      /** The text. */
      body: string;
      /** Preview of a link in it. */
      preview?: {
        /** The link, as it stands in the text. */
        url: string;
        /** Title of its page. */
        title: string;
        /** What the page says of itself. */
        description?: string | undefined;
        /** A small JPEG, in base64. */
        thumbnail?: string | undefined;
      } | undefined;
    };
  } | null;
  /** Content of a message of type `revoke`, which ends another. */
  revoke: {
    /** The message that is taken back. */
    messageId: string;
  } | null;
  /** A kind not modelled yet, by WhatsApp's name. */
  unsupported: {
    /** WhatsApp’s name of the kind. */
    kind: string;
  } | null;
  /** The message it answers, where it is known here. */
  replyTo: string | null;
  /** Numbers it mentions, or `everyone`. Somebody whose number is not known stands there as `…@lid`. */
  mentions: string[] | "everyone" | null;
  /** Whether it was forwarded. */
  forwarded: boolean;
  /** The template it was made from, if any. */
  template: {
    /** The template; it may be gone by now. */
    id: string;
    /** Its name when the message was accepted. */
    name: string;
    /** Its language. */
    language: string;
  } | null;
  /** How a status update is shown, and one of yours to whom. Null where it says nothing of it. */
  statusUpdate: {
    background: string | null;
    font: "system" | "text" | "script" | "bold" | "morningbreeze" | "calistoga" | "exo2" | "courier" | null;
    /** Who is to see it: everyone the device has a chat with, or these. Null for one that was not posted here: WhatsApp does not say. */
    audience: "contacts" | string[] | null;
  } | null;
  /** When it was last edited; the content is the new one. */
  editedAt: string | null;
  /** When it was taken back; it has no content any more. */
  revokedAt: string | null;
  /** The reaction of each who has one, oldest first. */
  reactions: ({
    /** The emoji. */
    emoji: string;
    /** The contact; null for your own account. */
    senderId: string | null;
    /** When it was given. */
    at: string;
  })[];
  /** For a poll: its options with the votes that could be read; null for other kinds. */
  pollResults: ({
    /** The answer. */
    option: string;
    /** How many chose it. */
    votes: number;
    /** Who chose it. */
    voterIds: (string | null)[];
  })[] | null;
  /** Your own reference. */
  clientRef: string | null;
  /** Your own key–value pairs. */
  metadata: Record<string, string> | null;
  /** What goes first on its device. */
  priority: "otp" | "reply" | "normal" | "bulk";
  /** Whether it was sent as transactional. */
  transactional: boolean;
  /** Why it waits, with status `held`; with `sending`, that its device was unlinked meanwhile: it may have arrived. */
  heldReason: string | null;
  /** When it was asked to go; null: at once. */
  sendAt: string | null;
  /** When sending is tried again. */
  nextAttemptAt: string | null;
  /** When it expires if it is still waiting. */
  validUntil: string | null;
  /** Why it failed, with status `failed`. */
  error: {
    /** Ours, and stable. */
    code: string;
    /** For people; may change. */
    message: string;
    /** WhatsApp's own code. */
    providerCode: string | null;
    /** Whether sending again may work. */
    retryable: boolean;
  } | null;
  /** Time, RFC 3339 in UTC. */
  createdAt: string;
  /** When WhatsApp took it. */
  sentAt: string | null;
  /** Since when it stands there. */
  statusAt: string;
  /** For a message of yours to a group, and a status update: what each who got it did with it, who read it first before the others. */
  receipts: ({
    /** Who it is, where it is a contact. */
    contactId: string | null;
    /** Its number, when known. */
    phone: string | null;
    /** Its LID, where the number is not known. */
    lid: string | null;
    /** When it was on their phone. */
    deliveredAt: string | null;
    /** When they read it. */
    readAt: string | null;
    /** When they played it. */
    playedAt: string | null;
  })[];
};

export type MessageList = {
  /** The rows of this page. */
  data: Message[];
  /** Whether rows follow this page. */
  hasMore: boolean;
  /** Give it as `cursor` to get the next page. */
  nextCursor: string | null;
};

export type MessageMedia = {
  /** The file, to be had under `/v1/media/{id}/content` once it is ready; null where it failed. */
  id: string | null;
  /** `pending` while a received file is being downloaded, then `ready` or `failed`; `failed` once it was deleted. `available`: of a message of the past, to be fetched when you ask for it. */
  status: "available" | "pending" | "ready" | "failed";
  /** Why it failed: unavailable, too_large, corrupt, expired, deleted. More may come. */
  reason: string | null;
  /** Media type; of a received file as its sender says. */
  mimeType: string;
  /** Bytes. */
  size: number;
  /** SHA-256 of its bytes, in hex. */
  sha256: string | null;
  fileName: string | null;
  caption: string | null;
  /** true: it can be looked at once. */
  viewOnce: boolean;
  /** How long it plays. */
  seconds: number | null;
  /** Pixels. */
  width: number | null;
  /** Pixels. */
  height: number | null;
  /** Loudness of a voice message: 64 bytes from 0 to 100, in base64. */
  waveform: string | null;
  /** A small JPEG, in base64. */
  thumbnail: string | null;
  /** Whether a sticker moves. */
  animated: boolean;
};

export type NewInvitation = {
  /** Id of the invitation. */
  id: string;
  /** Who is invited. */
  email: string;
  /** What the person may do. Each operation names the roles that may. */
  role: "owner" | "admin" | "agent" | "viewer";
  /** The person or key that invited. */
  invitedBy: string;
  /** Time, RFC 3339 in UTC. */
  createdAt: string;
  /** When the link stops working. */
  expiresAt: string;
  /** Shown this once. Whoever opens it can join: send it to the person alone. */
  link: string;
};

export type NewLinkPage = {
  /** Id of the page. */
  id: string;
  /** The device that is linked with it. */
  deviceId: string;
  /** `used`: the device was linked with it. Only an `open` page works. */
  status: "open" | "used" | "revoked" | "expired";
  /** When a browser opened it; from then on no other can. */
  openedAt: string | null;
  /** When it stops working. */
  expiresAt: string;
  /** Time, RFC 3339 in UTC. */
  createdAt: string;
  /** Send this to the customer alone: whoever opens it first can link a phone. */
  url: string | null;
};

export type NewWorkspace = {
  /** Id of the workspace. */
  id: string;
  /** What people call it. */
  name: string;
  /** Its plan. */
  plan: string;
  /** Whether it is shut: keys refused, devices closed. */
  suspended: boolean;
  /** Since when. */
  suspendedAt: string | null;
  /** Limits of this workspace alone. */
  overrides: {
    /** Devices; null is the plan. */
    devices: number | null;
    /** Messages a month; null is the plan. */
    outboundPerMonth: number | null;
  };
  /** What holds: the plan with the overrides. */
  limits: {
    /** Devices of network `whatsapp`. */
    devices: number;
    /** Messages a month. */
    outboundPerMonth: number;
    /** Whether API keys work. */
    apiAccess: boolean;
  };
  /** Time, RFC 3339 in UTC. */
  createdAt: string;
  /** Its first API key, shown this once; null where the plan has no API access, and on a replay. */
  apiKey: string | null;
};

export type NumberCheck = {
  /** The number as you asked for it. */
  phone: string;
  /** Whether it has a WhatsApp account. */
  exists: boolean;
  /** The number as WhatsApp knows it. It differs where a country’s numbers have two forms (Brazil, Mexico, Argentina): keep this one. */
  canonicalPhone: string | null;
  /** WhatsApp’s privacy-preserving number of the account, where told. */
  lid: string | null;
  /** When WhatsApp said so. */
  checkedAt: string;
};

export type NumberChecks = {
  /** In the order asked, each number once. */
  data: NumberCheck[];
};

/** The monthly quota. */
export type OutboundUse = {
  /** Messages counted this month. Sandbox devices send free. */
  sent: number;
  /** Messages a month. */
  limit: number;
  /** What is left; never below 0. */
  remaining: number;
};

export type OverLimit = {
  /** What there is too much of. */
  resource: "devices" | "outbound";
  /** How many above the limit. */
  excess: number;
  /** What to do. */
  hint: string;
};

export type Pacing = {
  /** Whether it is paced at all. */
  enabled: boolean;
  /** Least time between two messages in one chat. */
  chatGapSeconds: number;
  /** Least time between two messages of the device; up to half of it is added by chance. */
  gapSeconds: number;
  /** People it may write to in a day (UTC) who never wrote to it. */
  coldChatsPerDay: number;
  /** Days over which that number grows after linking. */
  warmUpDays: number;
  /** When `bulk` waits, by the recipient’s clock. */
  quietHours: {
    /** When they begin. */
    from: string;
    /** When they end. */
    to: string;
  };
};

export type PacingChange = {
  /** Whether it is paced at all. */
  enabled?: boolean | undefined;
  /** Least time between two messages in one chat. */
  chatGapSeconds?: number | undefined;
  /** Least time between two messages of the device; up to half of it is added by chance. */
  gapSeconds?: number | undefined;
  /** People it may write to in a day (UTC) who never wrote to it. */
  coldChatsPerDay?: number | undefined;
  /** Days over which that number grows after linking. */
  warmUpDays?: number | undefined;
  /** When `bulk` waits, by the recipient’s clock. */
  quietHours?: {
    /** When they begin. */
    from: string;
    /** When they end. */
    to: string;
  } | undefined;
};

export type PhoneCallEnded = {
  /** `hang_up` and `timeout` are the caller’s; `answer` and `reject` what the called account’s own phone does. */
  how: "hang_up" | "timeout" | "answer" | "reject";
};

export type Picture = {
  /** WhatsApp’s name of the picture, another one with every change; null: there is none. */
  pictureId: string | null;
};

export type PostStatus = {
  /** A text. */
  text?: {
    /** What it says. */
    body: string;
  } | undefined;
  /** A picture: a JPEG, PNG or WebP. */
  image?: {
    /** A file uploaded with `POST /v1/media`, or one that was received. */
    mediaId?: string | undefined;
    /** Where the file is: it is fetched before the request is accepted, so what cannot be had is refused here. */
    url?: string | undefined;
    /** The file itself, for small ones: the whole body may have 1 MiB. */
    base64?: string | undefined;
    /** Media type of what is given as `base64`, where its bytes do not tell. */
    mimeType?: string | undefined;
    /** Text shown with the file. */
    caption?: string | undefined;
  } | undefined;
  /** A video: an MP4 or 3GP. */
  video?: {
    /** A file uploaded with `POST /v1/media`, or one that was received. */
    mediaId?: string | undefined;
    /** Where the file is: it is fetched before the request is accepted, so what cannot be had is refused here. */
    url?: string | undefined;
    /** The file itself, for small ones: the whole body may have 1 MiB. */
    base64?: string | undefined;
    /** Media type of what is given as `base64`, where its bytes do not tell. */
    mimeType?: string | undefined;
    /** Text shown with the file. */
    caption?: string | undefined;
  } | undefined;
  /** A voice message. What is not Ogg with Opus is made that, where it can be. */
  voice?: {
    /** A file uploaded with `POST /v1/media`, or one that was received. */
    mediaId?: string | undefined;
    /** Where the file is: it is fetched before the request is accepted, so what cannot be had is refused here. */
    url?: string | undefined;
    /** The file itself, for small ones: the whole body may have 1 MiB. */
    base64?: string | undefined;
    /** Media type of what is given as `base64`, where its bytes do not tell. */
    mimeType?: string | undefined;
  } | undefined;
  /** Music or a recording. */
  audio?: {
    /** A file uploaded with `POST /v1/media`, or one that was received. */
    mediaId?: string | undefined;
    /** Where the file is: it is fetched before the request is accepted, so what cannot be had is refused here. */
    url?: string | undefined;
    /** The file itself, for small ones: the whole body may have 1 MiB. */
    base64?: string | undefined;
    /** Media type of what is given as `base64`, where its bytes do not tell. */
    mimeType?: string | undefined;
  } | undefined;
  /** Colour behind a text or a voice message; #128c7e where it is left out. */
  background?: string | undefined;
  /** Font of a text; `system` where it is left out. */
  font?: "system" | "text" | "script" | "bold" | "morningbreeze" | "calistoga" | "exo2" | "courier" | undefined;
  /** The only contacts that are to see it; left out: everyone this device has a chat with, at most the 1000 written with last. */
  audience?: string[] | undefined;
  /** Your own reference, returned and filterable. */
  clientRef?: string | undefined;
  /** Your own key–value pairs, returned as they are. */
  metadata?: Record<string, string> | undefined;
  /** When it is to go, up to a year ahead; until then its status is `scheduled`. A time up to a minute past means now. */
  sendAt?: string | undefined;
  /** Seconds the message may wait before it expires, from `sendAt` where that is given. Default 86,400. */
  validFor?: number | undefined;
  /** true: refuse unless the device is connected. false: accept and hold even while it is unlinked. Left out: hold while it connects, refuse while it is unlinked. */
  requireOnline?: boolean | undefined;
};

export type Presence = {
  /** Whether others see the account online. */
  state: "available" | "unavailable";
};

export type PresenceSubscription = {
  /** The person. */
  contactId: string;
  /** The latest that WhatsApp told; null before it told anything. */
  state: "available" | "unavailable" | "composing" | "recording" | null;
  /** When the person was online last, as far as WhatsApp tells: it depends on their privacy settings. */
  lastSeen: string | null;
  /** When it is followed no more. */
  expiresAt: string;
};

export type PresenceSubscriptions = {
  /** Everybody it follows. */
  data: PresenceSubscription[];
};

export type PreviewTemplate = {
  /** A value for each variable, by its name. */
  variables?: Record<string, string | number> | undefined;
};

export type QrCode = {
  /** Text of the QR code. Whoever scans it can read the account: keep it private. */
  qr: string;
  /** When to ask for the next one. */
  expiresAt: string;
};

export type ReadOnPhone = {
  /** Id from the phone’s messages. */
  id: string;
};

export type RecoveryCodes = {
  /** Each works once, instead of a code of the app. Shown this once. */
  recoveryCodes: string[];
};

export type RenameSandboxGroup = {
  /** The simulated phone of yours on which it is done. */
  phone: string;
  /** Name of the group. */
  subject: string;
};

export type RenewRecoveryCodes = {
  /** The password. */
  password: string;
  /** Six digits of the authenticator app, or a recovery code. Needed where a second factor is in force. */
  code?: string | undefined;
};

export type ReplayWebhook = {
  /** All that was given up. Not together with `from`. */
  failed?: true | undefined;
  /** Events from then on. */
  from?: string | undefined;
  /** And before then; left out: until now. */
  to?: string | undefined;
};

export type RequestReset = {
  /** Email address; upper and lower case are one. */
  email: string;
};

export type ResetPassword = {
  /** What follows `#` in the link. */
  token: string;
  /** A new password of at least 10 characters. */
  newPassword: string;
};

export type ResumeWebhook = {
  /** Go on with the events from then on; null: where it stopped. */
  from?: string | null | undefined;
};

export type RotateApiKey = {
  /** How long the old secret goes on working; 0 stops it at once. */
  overlapSeconds?: number | undefined;
};

export type RotateWebhookSecret = {
  /** How long the old secret goes on signing; 0 drops it at once. */
  overlapSeconds?: number | undefined;
};

export type SandboxCall = {
  /** WhatsApp’s id of the call. */
  id: string;
  /** Who calls, as WhatsApp addresses them. */
  from: string;
  /** Who is called. */
  to: string;
  /** Whether it is a video call. */
  video: boolean;
  /** How it ended; null while it rings. */
  end: "hang_up" | "timeout" | "answer" | "reject" | null;
  /** Since when it rings. */
  at: string;
};

export type SandboxCalls = {
  /** Oldest first, the last 200. */
  data: SandboxCall[];
};

export type SandboxDisruption = {
  /** How many were hit. */
  connections: number;
};

export type SandboxFaults = {
  /** Nothing comes to the devices linked to this phone, though their connections stand: `answering` still answers their pings, `silent` does not. From their next connection on; see `POST …/disrupt` for the one that stands. */
  deaf: "answering" | "silent" | null;
  /** WhatsApp never confirms what they send. */
  ackDrop: boolean;
  /** It confirms so much later. */
  ackDelayMs: number;
  /** It confirms twice. */
  ackDuplicate: boolean;
  /** It confirms in the wrong order. */
  ackReorder: boolean;
  /** It refuses every message of theirs with this code. */
  nack: number | null;
  /** Everything comes to them twice. */
  duplicate: boolean;
  /** Everything comes to them in the wrong order. */
  reorder: boolean;
  /** The phone links new devices only with a passkey. */
  passkey: boolean;
  /** Their log-ins are refused with this code. */
  rejectLogin: number | null;
  /** Until when the account may write only to people who wrote to it. */
  reachOutLockUntil: string | null;
};

export type SandboxGroup = {
  /** WhatsApp’s id of the group: `whatsappId` of `/v1/groups`. */
  whatsappId: string;
  /** Name of the group. */
  subject: string;
  /** Text under the name. */
  description: string;
  /** Whether only admins send messages. */
  announce: boolean;
  /** Whether who comes by the link waits for an admin. */
  joinApproval: boolean;
  /** The end of its invite link. */
  inviteCode: string;
  /** Who is in it. */
  members: ({
    /** Phone number in E.164 form. */
    phone: string;
    /** What it may do. */
    role: "owner" | "admin" | "member";
  })[];
  /** Who waits to be let in. */
  requests: string[];
};

export type SandboxGroupJoined = {
  /** WhatsApp’s id of the group: `whatsappId` of `/v1/groups`. */
  whatsappId: string;
  /** false: it waits for an admin. */
  joined: boolean;
};

export type SandboxGroupLeft = {
  /** false: it was not in it. */
  left: boolean;
};

export type SandboxGroupResults = {
  /** One for each number, in your order. */
  results: ({
    /** Phone number in E.164 form. */
    phone: string;
    /** What became of it. */
    status: "done" | "invite_needed" | "not_on_whatsapp" | "left" | "already" | "failed";
  })[];
};

export type SandboxGroups = {
  /** Every group it is in. */
  data: SandboxGroup[];
};

export type SandboxLink = {
  /** WhatsApp’s number of the new linked device. */
  companion: number;
};

export type SandboxOnlyByInvite = {
  /** Whether only the invite link brings it in. */
  on: boolean;
};

export type SandboxPhone = {
  /** Phone number in E.164 form. */
  phone: string;
  /** Name the phone shows to others. */
  name: string;
  /** Time, RFC 3339 in UTC. */
  createdAt: string;
};

export type SandboxPhoneList = {
  /** The rows of this page. */
  data: SandboxPhone[];
  /** Whether rows follow this page. */
  hasMore: boolean;
  /** Give it as `cursor` to get the next page. */
  nextCursor: string | null;
};

export type SandboxPhoneMedia = {
  /** What it is sent as. */
  kind: "image" | "video" | "audio" | "voice" | "document" | "sticker";
  /** Media type, as its sender says. */
  mimeType: string;
  /** Bytes the phone downloaded; null where it could not. */
  size: number | null;
  /** SHA-256 of those bytes, in hex. */
  sha256: string | null;
  caption: string | null;
  fileName: string | null;
  /** Whether it can be looked at once only. */
  viewOnce: boolean;
  /** How long it plays. */
  seconds: number | null;
  /** Pixels. */
  width: number | null;
  /** Pixels. */
  height: number | null;
  /** Loudness of a voice message, in base64. */
  waveform: string | null;
  thumbnail: string | null;
  /** Whether a sticker moves. */
  animated: boolean;
};

export type SandboxPhoneMessage = {
  /** WhatsApp’s message id. */
  id: string;
  /** Who wrote it, as WhatsApp addresses them. */
  from: string;
  /** Where it stands: a person, a group or `status@broadcast`, as WhatsApp addresses them. */
  chat: string;
  /** True for what this phone or its linked devices sent. */
  own: boolean;
  /** What it is: text, a kind of media, location, contacts, poll, reaction, vote, edit, revoke or other. */
  type: string;
  /** A place, as in a message. */
  location: {
    /** Degrees, north positive. */
    latitude: number;
    /** Degrees, east positive. */
    longitude: number;
    /** Name of the place. */
    name?: string | undefined;
    /** Its address. */
    address?: string | undefined;
    /** A page about it. */
    url?: string | undefined;
  } | null;
  /** Visiting cards. */
  contacts: {
    /** Name beside the card. */
    name: string;
    /** The card as it came. */
    vcard: string;
  }[] | null;
  /** The file it names, as the phone downloaded it. */
  media: SandboxPhoneMedia | null;
  /** A poll, as in a message. */
  poll: {
    /** What is asked. */
    question: string;
    /** The answers. */
    options: string[];
    /** How many a voter may choose; 0 is as many as there are. */
    selectableCount: number;
  } | null;
  /** A reaction to another message. */
  reaction: {
    /** WhatsApp’s id of a message on this phone. */
    messageId: string;
    /** One emoji; empty takes it back. */
    emoji: string;
  } | null;
  /** An edit of another message. */
  edit: {
    /** WhatsApp’s id of a message on this phone. */
    messageId: string;
    /** The new text. */
    text: string;
  } | null;
  /** Takes another message back. */
  revoke: {
    /** WhatsApp’s id of a message on this phone. */
    messageId: string;
  } | null;
  /** A vote on a poll on the phone. */
  vote: {
    /** WhatsApp’s id of a message on this phone. */
    messageId: string;
    /** What it chooses. */
    options: string[];
  } | null;
  /** Preview of a link in a text. */
  preview: {
    /** The link, as it stands in the text. */
    url: string;
    /** Title of its page. */
    title: string;
    /** What the page says of itself. */
    description?: string | undefined;
    /** A small JPEG, in base64. */
    thumbnail?: string | undefined;
  } | null;
  /** How a status update is shown. */
  style: {
    /** Colour behind it. */
    background: string;
    /** WhatsApp’s name of its font. */
    font: string;
  } | null;
  /** WhatsApp’s id of the message it answers. */
  replyTo: string | null;
  /** Who it mentions, as WhatsApp addresses them. */
  mentions: string[] | "everyone" | null;
  /** Whether it is marked as forwarded. */
  forwarded: boolean;
  /** The text; null for another kind of message. */
  text: string | null;
  /** Whether this phone has read it. */
  read: boolean;
  /** How often it arrived again; a phone shows it once. */
  duplicates: number;
  /** Time, RFC 3339 in UTC. */
  at: string;
};

export type SandboxPhoneMessageId = {
  /** WhatsApp’s message id. */
  id: string;
};

export type SandboxPhoneMessages = {
  /** Oldest first. */
  data: SandboxPhoneMessage[];
};

export type SandboxPhoneOnline = {
  /** Whether it is on the network. */
  online: boolean;
};

export type SandboxPicture = {
  /** WhatsApp’s name of the picture; null: there is none. */
  pictureId: string | null;
};

export type SandboxTyping = {
  /** Writing, recording a voice message, or neither any more. */
  state: "composing" | "recording" | "paused";
};

export type ScanQr = {
  /** Text of the QR, from `GET /v1/devices/{deviceId}/qr`. */
  qr: string;
};

export type SearchHighlight = {
  /** Where it stands in the message. */
  field: string;
  /** A part of the text around what was found. Plain text, not HTML: escape it as any other. */
  snippet: string;
  /** What was found, in the snippet. */
  ranges: {
    /** First UTF-16 code unit in the snippet. */
    start: number;
    /** UTF-16 code units. */
    length: number;
  }[];
};

export type SecondFactorSecret = {
  /** For typing, in base32. */
  secret: string;
  /** For scanning, as a QR code. */
  uri: string;
};

export type SendBatch = {
  /** The messages, each as for `POST /v1/messages`; at most 1000. */
  messages: SendMessage[];
};

export type SendFromPhone = {
  /** Number it writes to: the one your device is linked to. Or WhatsApp’s id of a group it is in; or `status`, for a status update to whom it has written with. */
  to: string | "status";
  /** What it writes. */
  text?: string | undefined;
  /** A place it sends. */
  location?: {
    /** Degrees, north positive. */
    latitude: number;
    /** Degrees, east positive. */
    longitude: number;
    /** Name of the place. */
    name?: string | undefined;
    /** Its address. */
    address?: string | undefined;
    /** A page about it, http or https. */
    url?: string | undefined;
  } | undefined;
  /** Visiting cards it sends. */
  contacts?: ({
    /** Name on the card. */
    name?: string | undefined;
    /** Numbers; in E.164 form they can be tapped to begin a chat. */
    phones?: string[] | undefined;
    /** Company or the like. */
    organization?: string | undefined;
    /** Mail address. */
    email?: string | undefined;
    /** The whole card as vCard text, instead of the other fields. It reaches the other side unchanged. */
    vcard?: string | undefined;
  })[] | undefined;
  /** A poll it asks. */
  poll?: {
    /** What is asked. */
    question: string;
    /** 2 to 12 different answers. */
    options: string[];
    /** How many a voter may choose; 0 is as many as there are. */
    selectableCount?: number | undefined;
  } | undefined;
  /** A file it sends. */
  media?: {
    /** What it is sent as. */
    kind: "image" | "video" | "audio" | "voice" | "document" | "sticker";
    /** The file itself; the whole body may have 1 MiB. */
    base64: string;
    /** Media type. */
    mimeType: string;
    /** Text shown with it. */
    caption?: string | undefined;
    /** Name of a document. */
    fileName?: string | undefined;
    /** Whether it can be looked at once only. */
    viewOnce?: boolean | undefined;
    /** How long it plays. */
    seconds?: number | undefined;
    /** Pixels. */
    width?: number | undefined;
    /** Pixels. */
    height?: number | undefined;
    /** Loudness of a voice message: 64 bytes. */
    waveform?: string | undefined;
    /** A small JPEG. */
    thumbnail?: string | undefined;
    /** Whether a sticker moves. */
    animated?: boolean | undefined;
  } | undefined;
  /** A reaction to a message on the phone. */
  reaction?: {
    /** WhatsApp’s id of a message on this phone. */
    messageId: string;
    /** One emoji; empty takes it back. */
    emoji: string;
  } | undefined;
  /** An edit of a message the phone sent. */
  edit?: {
    /** WhatsApp’s id of a message on this phone. */
    messageId: string;
    /** The new text. */
    text: string;
  } | undefined;
  /** A message the phone takes back. */
  revoke?: {
    /** WhatsApp’s id of a message on this phone. */
    messageId: string;
  } | undefined;
  /** A vote on a poll on the phone. */
  vote?: {
    /** WhatsApp’s id of a message on this phone. */
    messageId: string;
    /** What it chooses. */
    options: string[];
  } | undefined;
  /** The message on the phone that this answers. */
  replyTo?: string | undefined;
  /** Numbers it mentions. */
  mentions?: string[] | "everyone" | undefined;
  /** Marks it as forwarded. */
  forwarded?: boolean | undefined;
  /** With a text: the preview of a link in it. */
  preview?: {
    /** The link, as it stands in the text. */
    url: string;
    /** Title of its page. */
    title: string;
    /** What the page says of itself. */
    description?: string | undefined;
    /** A small JPEG. */
    thumbnail?: string | undefined;
  } | undefined;
};

export type SendMessage = {
  /** The device that sends. */
  deviceId: string;
  /** E.164 number, or the id of a contact, a conversation or a group. */
  to: string;
  /** The message of the same conversation that this answers. */
  replyTo?: string | undefined;
  /** Numbers it mentions; the text holds them as `@15551234567`. `everyone` in groups only. */
  mentions?: string[] | "everyone" | undefined;
  /** Your own reference, returned and filterable. */
  clientRef?: string | undefined;
  /** Your own key–value pairs, returned as they are. */
  metadata?: Record<string, string> | undefined;
  /** What goes first on this device: `otp`, then `reply`, `normal` (the default) and `bulk`. Messages of one chat and one priority keep their order. */
  priority?: "otp" | "reply" | "normal" | "bulk" | undefined;
  /** When it is to go, up to a year ahead; until then its status is `scheduled`. A time up to a minute past means now. */
  sendAt?: string | undefined;
  /** Seconds the message may wait before it expires, from `sendAt` where that is given. Default 86,400. */
  validFor?: number | undefined;
  /** true: also to a contact that has opted out, as for an order or a one-time code. Takes the scope `messages:transactional`, or the role owner or admin. */
  transactional?: boolean | undefined;
  /** true: refuse unless the device is connected. false: accept and hold even while it is unlinked. Left out: hold while it connects, refuse while it is unlinked. */
  requireOnline?: boolean | undefined;
} & (
  | { type: "text"; text: {
      /** The text. */
      body: string;
      /** true: with a preview of the first link in the text, where its page has a title. A page that cannot be had never keeps the message. */
      linkPreview?: boolean | undefined;
    } }
  | { type: "image"; image: {
      /** A file uploaded with `POST /v1/media`, or one that was received. */
      mediaId?: string | undefined;
      /** Where the file is: it is fetched before the request is accepted, so what cannot be had is refused here. */
      url?: string | undefined;
      /** The file itself, for small ones: the whole body may have 1 MiB. */
      base64?: string | undefined;
      /** Media type of what is given as `base64`, where its bytes do not tell. */
      mimeType?: string | undefined;
      /** Text shown with the file. */
      caption?: string | undefined;
      /** true: it can be looked at once. */
      viewOnce?: boolean | undefined;
    } }
  | { type: "video"; video: {
      /** A file uploaded with `POST /v1/media`, or one that was received. */
      mediaId?: string | undefined;
      /** Where the file is: it is fetched before the request is accepted, so what cannot be had is refused here. */
      url?: string | undefined;
      /** The file itself, for small ones: the whole body may have 1 MiB. */
      base64?: string | undefined;
      /** Media type of what is given as `base64`, where its bytes do not tell. */
      mimeType?: string | undefined;
      /** Text shown with the file. */
      caption?: string | undefined;
      /** true: it can be looked at once. */
      viewOnce?: boolean | undefined;
    } }
  | { type: "audio"; audio: {
      /** A file uploaded with `POST /v1/media`, or one that was received. */
      mediaId?: string | undefined;
      /** Where the file is: it is fetched before the request is accepted, so what cannot be had is refused here. */
      url?: string | undefined;
      /** The file itself, for small ones: the whole body may have 1 MiB. */
      base64?: string | undefined;
      /** Media type of what is given as `base64`, where its bytes do not tell. */
      mimeType?: string | undefined;
      /** true: it can be looked at once. */
      viewOnce?: boolean | undefined;
    } }
  | { type: "voice"; voice: {
      /** A file uploaded with `POST /v1/media`, or one that was received. */
      mediaId?: string | undefined;
      /** Where the file is: it is fetched before the request is accepted, so what cannot be had is refused here. */
      url?: string | undefined;
      /** The file itself, for small ones: the whole body may have 1 MiB. */
      base64?: string | undefined;
      /** Media type of what is given as `base64`, where its bytes do not tell. */
      mimeType?: string | undefined;
      /** true: it can be looked at once. */
      viewOnce?: boolean | undefined;
    } }
  | { type: "document"; document: {
      /** A file uploaded with `POST /v1/media`, or one that was received. */
      mediaId?: string | undefined;
      /** Where the file is: it is fetched before the request is accepted, so what cannot be had is refused here. */
      url?: string | undefined;
      /** The file itself, for small ones: the whole body may have 1 MiB. */
      base64?: string | undefined;
      /** Media type of what is given as `base64`, where its bytes do not tell. */
      mimeType?: string | undefined;
      /** Text shown with the file. */
      caption?: string | undefined;
      /** Name of the file, as the recipient sees it. */
      fileName?: string | undefined;
    } }
  | { type: "sticker"; sticker: {
      /** A file uploaded with `POST /v1/media`, or one that was received. */
      mediaId?: string | undefined;
      /** Where the file is: it is fetched before the request is accepted, so what cannot be had is refused here. */
      url?: string | undefined;
      /** The file itself, for small ones: the whole body may have 1 MiB. */
      base64?: string | undefined;
      /** Media type of what is given as `base64`, where its bytes do not tell. */
      mimeType?: string | undefined;
    } }
  | { type: "location"; location: {
      /** Degrees, north positive. */
      latitude: number;
      /** Degrees, east positive. */
      longitude: number;
      /** Name of the place. */
      name?: string | undefined;
      /** Its address. */
      address?: string | undefined;
      /** A page about it, http or https. */
      url?: string | undefined;
    } }
  | { type: "contacts"; contacts: ({
      /** Name on the card. */
      name?: string | undefined;
      /** Numbers; in E.164 form they can be tapped to begin a chat. */
      phones?: string[] | undefined;
      /** Company or the like. */
      organization?: string | undefined;
      /** Mail address. */
      email?: string | undefined;
      /** The whole card as vCard text, instead of the other fields. It reaches the other side unchanged. */
      vcard?: string | undefined;
    })[] }
  | { type: "poll"; poll: {
      /** What is asked. */
      question: string;
      /** 2 to 12 different answers. */
      options: string[];
      /** How many a voter may choose; 0 is as many as there are. */
      selectableCount?: number | undefined;
    } }
  | { type: "reaction"; reaction: {
      /** The message reacted to, of the same conversation. */
      messageId: string;
      /** One emoji; empty takes the reaction back. */
      emoji: string;
    } }
  | { type: "vote"; vote: {
      /** The poll voted on, of the same conversation. */
      messageId: string;
      /** What is chosen, in the words of the poll; none takes the vote back. */
      options: string[];
    } }
  | { type: "template"; template: {
      /** The template by its id. */
      id?: string | undefined;
      /** The template by its name. */
      name?: string | undefined;
      /** Needed with a name that has a template in more than one language. */
      language?: string | undefined;
      /** A value for each variable, by its name. */
      variables?: Record<string, string | number> | undefined;
      /** For a template of a file: the file, instead of the one it may hold. */
      file?: {
        /** A file uploaded with `POST /v1/media`, or one that was received. */
        mediaId?: string | undefined;
        /** Where the file is: it is fetched before the request is accepted, so what cannot be had is refused here. */
        url?: string | undefined;
        /** The file itself, for small ones: the whole body may have 1 MiB. */
        base64?: string | undefined;
        /** Media type of what is given as `base64`, where its bytes do not tell. */
        mimeType?: string | undefined;
      } | undefined;
    } }
);

export type Session = {
  /** Id of the session. */
  id: string;
  /** Who is signed in. */
  personId: string;
  /** The workspace it works in now. */
  workspaceId: string;
  /** Whether it is the one that asks. */
  current: boolean;
  /** Where it was opened from. */
  address: string;
  /** The browser, as it names itself. */
  userAgent: string | null;
  /** Time, RFC 3339 in UTC. */
  createdAt: string;
  /** Last use, to the minute. */
  lastSeenAt: string;
  /** When it ends. */
  expiresAt: string;
};

export type SessionList = {
  /** The rows of this page. */
  data: Session[];
  /** Whether rows follow this page. */
  hasMore: boolean;
  /** Give it as `cursor` to get the next page. */
  nextCursor: string | null;
};

export type SetOnlyByInvite = {
  /** Whether only the invite link brings it in. */
  on: boolean;
};

export type SetPhoneOnline = {
  /** Whether it is on the network. */
  online: boolean;
};

export type SetPicture = {
  /** A file uploaded with `POST /v1/media`, or one that was received. */
  mediaId?: string | undefined;
  /** Where the file is: it is fetched before the request is accepted, so what cannot be had is refused here. */
  url?: string | undefined;
  /** The file itself, for small ones: the whole body may have 1 MiB. */
  base64?: string | undefined;
};

export type SetPresence = {
  /** Whether others see the account online. */
  state: "available" | "unavailable";
};

export type SetSandboxFaults = {
  /** Nothing comes to the devices linked to this phone, though their connections stand: `answering` still answers their pings, `silent` does not. From their next connection on; see `POST …/disrupt` for the one that stands. */
  deaf?: "answering" | "silent" | null | undefined;
  /** WhatsApp never confirms what they send. */
  ackDrop?: boolean | undefined;
  /** It confirms so much later. */
  ackDelayMs?: number | undefined;
  /** It confirms twice. */
  ackDuplicate?: boolean | undefined;
  /** It confirms in the wrong order. */
  ackReorder?: boolean | undefined;
  /** It refuses every message of theirs with this code. */
  nack?: number | null | undefined;
  /** Everything comes to them twice. */
  duplicate?: boolean | undefined;
  /** Everything comes to them in the wrong order. */
  reorder?: boolean | undefined;
  /** The phone links new devices only with a passkey. */
  passkey?: boolean | undefined;
  /** Their log-ins are refused with this code. */
  rejectLogin?: number | null | undefined;
  /** For so long the account may write only to people who wrote to it. */
  reachOutLockSeconds?: number | null | undefined;
};

export type SetSandboxPicture = {
  /** A JPEG, PNG or WebP; its middle is taken. null takes the picture away. */
  base64: string | null;
  /** WhatsApp’s id of the group: `whatsappId` of `/v1/groups`. */
  group?: string | undefined;
};

export type ShowTyping = {
  /** Writing, recording a voice message, or neither any more. */
  state: "composing" | "recording" | "paused";
};

export type SignIn = {
  /** Email address; upper and lower case are one. */
  email: string;
  /** The password. */
  password: string;
  /** Six digits of the authenticator app, or a recovery code. Needed where a second factor is in force. */
  code?: string | undefined;
  /** The workspace to work in. */
  workspaceId?: string | undefined;
};

export type SignedIn = {
  /** Who is signed in. */
  person: {
    /** The person. */
    id: string;
    /** Email address. */
    email: string;
    /** Name the team sees. */
    name: string;
  };
  /** The workspace the session works in now. */
  workspaceId: string;
  /** What the person may do. Each operation names the roles that may. */
  role: "owner" | "admin" | "agent" | "viewer";
  session: Session;
  /** Where the person belongs. `POST /v1/auth/workspace` changes over. */
  workspaces: ({
    /** A workspace. */
    id: string;
    /** Its name. */
    name: string;
    /** What the person may do. Each operation names the roles that may. */
    role: "owner" | "admin" | "agent" | "viewer";
  })[];
};

export type Sink = {
  /** Which broker: NATS JetStream or AMQP 0-9-1. */
  name: "nats" | "amqp";
  /** `running`; `failing`, the broker takes nothing and is tried again; `stopped`, no running node is set up for it. */
  state: "running" | "failing" | "stopped";
  /** Events not published yet; 10000 is so many or more. */
  behind: number;
  /** Age of the oldest of them, in seconds. */
  behindSeconds: number;
  /** Events the broker has confirmed since the sink was first configured. */
  published: number;
  /** When it last confirmed some. */
  publishedAt: string | null;
  /** The first failure since then; null where it takes them. */
  failingSince: string | null;
  /** Why it fails. Never holds a password. */
  lastError: string | null;
  /** The node that publishes; null where none does. */
  node: string | null;
};

export type SinkList = {
  /** Those that were ever configured. */
  data: Sink[];
};

export type StartSecondFactor = {
  /** The password. */
  password: string;
  /** Six digits of the authenticator app, or a recovery code. Needed where a second factor is in force. */
  code?: string | undefined;
};

export type StopSecondFactor = {
  /** The password. */
  password: string;
  /** Six digits of the authenticator app, or a recovery code. Needed where a second factor is in force. */
  code?: string | undefined;
};

export type StreamToken = {
  /** A secret for as long as it works. */
  token: string;
  /** The stream, with the token. */
  url: string;
  /** When it opens no more streams. */
  expiresAt: string;
};

export type SubscribePresence = {
  /** Whom to follow. */
  contactId: string;
  /** For how long, up to a day. */
  seconds?: number | undefined;
};

export type SwitchWorkspace = {
  /** The workspace to work in. */
  workspaceId: string;
};

export type Template = {
  /** Id of the template. */
  id: string;
  /** Its name, unique in its language. */
  name: string;
  /** Language of its text, as a BCP 47 tag. */
  language: string;
  /** Kind of message it becomes. Its content stands under the field of the same name. */
  type: "text" | "image" | "video" | "document" | "location" | "contacts" | "poll";
  /** Content of a template of type `text`. */
  text: {
    /** The text, with its variables. */
    body: string;
  } | null;
  /** Content of a template of type `image`. */
  image: {
    /** The file, where it is media of the workspace: it stays while a template names it. */
    mediaId?: string | undefined;
    /** Where the file is, with its variables: it is fetched for each send. */
    url?: string | undefined;
    /** Text shown with the file. */
    caption?: string | undefined;
    /** true: it can be looked at once. */
    viewOnce?: boolean | undefined;
  } | null;
  /** Content of a template of type `video`. */
  video: {
    /** The file, where it is media of the workspace: it stays while a template names it. */
    mediaId?: string | undefined;
    /** Where the file is, with its variables: it is fetched for each send. */
    url?: string | undefined;
    /** Text shown with the file. */
    caption?: string | undefined;
    /** true: it can be looked at once. */
    viewOnce?: boolean | undefined;
  } | null;
  /** Content of a template of type `document`. */
  document: {
    /** The file, where it is media of the workspace: it stays while a template names it. */
    mediaId?: string | undefined;
    /** Where the file is, with its variables: it is fetched for each send. */
    url?: string | undefined;
    /** Text shown with the file. */
    caption?: string | undefined;
    /** Name of the file, as the recipient sees it. */
    fileName?: string | undefined;
  } | null;
  /** Content of a template of type `location`. */
  location: {
    /** Degrees, north positive; or one variable. */
    latitude: number | string;
    /** Degrees, east positive; or one variable. */
    longitude: number | string;
    /** Name of the place. */
    name?: string | undefined;
    /** Its address. */
    address?: string | undefined;
    /** A page about it. */
    url?: string | undefined;
  } | null;
  /** Content of a template of type `contacts`. */
  contacts: ({
    /** Name on the card. */
    name?: string | undefined;
    /** Its numbers. */
    phones?: string[] | undefined;
    /** Company or the like. */
    organization?: string | undefined;
    /** Mail address. */
    email?: string | undefined;
    /** The whole card as vCard text; values are escaped in it. */
    vcard?: string | undefined;
  })[] | null;
  /** Content of a template of type `poll`. */
  poll: {
    /** What is asked. */
    question: string;
    /** 2 to 12 different answers. */
    options: string[];
    /** How many a voter may choose; 0 is as many as there are. */
    selectableCount: number;
  } | null;
  /** Every variable of the content. */
  variables: ({
    /** Its name, as it stands between the braces. */
    name: string;
    /** `text`; `number`; `url`: http or https; `phone`: an E.164 number. Values are checked against it. */
    type: "text" | "number" | "url" | "phone";
    /** Whether a send must give it. */
    required: boolean;
    /** What stands there when a send gives none. */
    default: string | number | null;
    /** How long a text may be; null for other types. */
    maxLength: number | null;
    description: string | null;
  })[];
  /** Time, RFC 3339 in UTC. */
  createdAt: string;
  /** Time, RFC 3339 in UTC. */
  updatedAt: string;
};

export type TemplateList = {
  /** The rows of this page. */
  data: Template[];
  /** Whether rows follow this page. */
  hasMore: boolean;
  /** Give it as `cursor` to get the next page. */
  nextCursor: string | null;
};

export type TemplatePreview = {
  /** Kind of message it becomes. */
  type: string;
  /** Content of a message of type `text`. */
  text: {
    /** The text. */
    body: string;
    /** Preview of a link in it. */
    preview?: {
      /** The link, as it stands in the text. */
      url: string;
      /** Title of its page. */
      title: string;
      /** What the page says of itself. */
      description?: string | undefined;
      /** A small JPEG, in base64. */
      thumbnail?: string | undefined;
    } | undefined;
  } | null;
  /** Content of a template of type `image`. */
  image: {
    /** The file, where it is media of the workspace: it stays while a template names it. */
    mediaId?: string | undefined;
    /** Where the file is, with its variables: it is fetched for each send. */
    url?: string | undefined;
    /** Text shown with the file. */
    caption?: string | undefined;
    /** true: it can be looked at once. */
    viewOnce?: boolean | undefined;
  } | null;
  /** Content of a template of type `video`. */
  video: {
    /** The file, where it is media of the workspace: it stays while a template names it. */
    mediaId?: string | undefined;
    /** Where the file is, with its variables: it is fetched for each send. */
    url?: string | undefined;
    /** Text shown with the file. */
    caption?: string | undefined;
    /** true: it can be looked at once. */
    viewOnce?: boolean | undefined;
  } | null;
  /** Content of a template of type `document`. */
  document: {
    /** The file, where it is media of the workspace: it stays while a template names it. */
    mediaId?: string | undefined;
    /** Where the file is, with its variables: it is fetched for each send. */
    url?: string | undefined;
    /** Text shown with the file. */
    caption?: string | undefined;
    /** Name of the file, as the recipient sees it. */
    fileName?: string | undefined;
  } | null;
  /** Content of a message of type `location`. */
  location: {
    /** Degrees, north positive. */
    latitude: number;
    /** Degrees, east positive. */
    longitude: number;
    /** Name of the place. */
    name?: string | undefined;
    /** Its address. */
    address?: string | undefined;
    /** A page about it. */
    url?: string | undefined;
  } | null;
  /** Content of a message of type `contacts`. */
  contacts: ({
    /** Name on the card. */
    name: string;
    /** Its numbers. */
    phones: string[];
    /** Company or the like. */
    organization?: string | undefined;
    /** Mail address. */
    email?: string | undefined;
    /** The card itself, where it says more than these fields. */
    vcard?: string | undefined;
  })[] | null;
  /** Content of a message of type `poll`. */
  poll: {
    /** What is asked. */
    question: string;
    /** The answers. */
    options: string[];
    /** How many a voter may choose; 0 is as many as there are. */
    selectableCount: number;
  } | null;
};

export type Timeline = {
  /** Oldest first. */
  data: TimelineEntry[];
};

export type TimelineEntry = {
  /** When it was recorded. */
  at: string;
  /** What the message became. */
  status: string;
  /** The event in the log. */
  eventId: string;
  /** When it happened, by WhatsApp's clock where it told us. */
  occurredAt: string;
  /** Why it waits or failed. */
  reason: string | null;
};

export type TypeCode = {
  /** The code, from `GET /v1/devices/{deviceId}/link`. */
  code: string;
};

export type TypeOnPhone = {
  /** To whom: the number your device is linked to. */
  to: string;
  /** Writing, recording a voice message, or neither any more. */
  state: "composing" | "recording" | "paused";
};

export type Typing = {
  /** Writing, recording a voice message, or neither any more. */
  state: "composing" | "recording" | "paused";
};

export type UpdateApiKey = {
  /** What the key is for. */
  name?: string | undefined;
  /** What the key may do: `resource:verb`, `resource:*` or `*`. */
  scopes?: string[] | undefined;
  /** The only devices the key may use; null: all, and what belongs to no device. */
  deviceIds?: string[] | null | undefined;
  /** The only addresses and networks (CIDR) the key may be used from; null: any. */
  allowedIps?: string[] | null | undefined;
  /** When the key stops working; null: never. In the future. */
  expiresAt?: string | null | undefined;
};

export type UpdateDevice = {
  /** A name your team knows it by. */
  label?: string | undefined;
  /** What to change of its pacing; null takes it back to the defaults. */
  pacing?: PacingChange | null | undefined;
  /** Whether every call to the account is rejected as soon as it rings, while the device is connected. */
  rejectCalls?: boolean | undefined;
};

export type UpdateDeviceProfile = {
  /** The name others see. */
  name?: string | undefined;
  /** The line under it; empty for none. */
  about?: string | undefined;
};

export type UpdateGroup = {
  /** Name of the group. */
  subject?: string | undefined;
  /** Text under the name; empty for none. */
  description?: string | undefined;
  /** true: only admins send messages. */
  announce?: boolean | undefined;
  /** true: only admins change name, description and picture. */
  locked?: boolean | undefined;
  /** Who may add members. */
  memberAdd?: "admins" | "all" | undefined;
  /** true: who comes by the invite link waits for an admin. */
  joinApproval?: boolean | undefined;
  /** Seconds after which messages disappear: a day, a week, 90 days, or 0 for never. */
  ephemeralSeconds?: 0 | 86400 | 604800 | 7776000 | undefined;
};

export type UpdateTemplate = {
  /** Its name, unique in its language. */
  name?: string | undefined;
  /** Language of its text, as a BCP 47 tag. */
  language?: string | undefined;
  /** Kind of message it becomes. Its content stands under the field of the same name. */
  type?: "text" | "image" | "video" | "document" | "location" | "contacts" | "poll" | undefined;
  /** Content of a template of type `text`. */
  text?: {
    /** The text, with its variables. */
    body: string;
  } | undefined;
  /** Content of a template of type `image`. */
  image?: {
    /** The file, where it is media of the workspace: it stays while a template names it. */
    mediaId?: string | undefined;
    /** Where the file is, with its variables: it is fetched for each send. */
    url?: string | undefined;
    /** Text shown with the file. */
    caption?: string | undefined;
    /** true: it can be looked at once. */
    viewOnce?: boolean | undefined;
  } | undefined;
  /** Content of a template of type `video`. */
  video?: {
    /** The file, where it is media of the workspace: it stays while a template names it. */
    mediaId?: string | undefined;
    /** Where the file is, with its variables: it is fetched for each send. */
    url?: string | undefined;
    /** Text shown with the file. */
    caption?: string | undefined;
    /** true: it can be looked at once. */
    viewOnce?: boolean | undefined;
  } | undefined;
  /** Content of a template of type `document`. */
  document?: {
    /** The file, where it is media of the workspace: it stays while a template names it. */
    mediaId?: string | undefined;
    /** Where the file is, with its variables: it is fetched for each send. */
    url?: string | undefined;
    /** Text shown with the file. */
    caption?: string | undefined;
    /** Name of the file, as the recipient sees it. */
    fileName?: string | undefined;
  } | undefined;
  /** Content of a template of type `location`. */
  location?: {
    /** Degrees, north positive; or one variable. */
    latitude: number | string;
    /** Degrees, east positive; or one variable. */
    longitude: number | string;
    /** Name of the place. */
    name?: string | undefined;
    /** Its address. */
    address?: string | undefined;
    /** A page about it. */
    url?: string | undefined;
  } | undefined;
  /** Content of a template of type `contacts`. */
  contacts?: ({
    /** Name on the card. */
    name?: string | undefined;
    /** Its numbers. */
    phones?: string[] | undefined;
    /** Company or the like. */
    organization?: string | undefined;
    /** Mail address. */
    email?: string | undefined;
    /** The whole card as vCard text; values are escaped in it. */
    vcard?: string | undefined;
  })[] | undefined;
  /** Content of a template of type `poll`. */
  poll?: {
    /** What is asked. */
    question: string;
    /** 2 to 12 different answers. */
    options: string[];
    /** How many a voter may choose; 0 is as many as there are. */
    selectableCount?: number | undefined;
  } | undefined;
  /** At most 50. A variable of the content that is not listed is a text that every send must give. */
  variables?: ({
    /** Its name, as it stands between the braces. */
    name: string;
    /** `text`; `number`; `url`: http or https; `phone`: an E.164 number. Values are checked against it. */
    type?: "text" | "number" | "url" | "phone" | undefined;
    /** Whether a send must give it. Left out: true, unless it has a default. */
    required?: boolean | undefined;
    /** What stands there when a send gives none. */
    default?: string | number | undefined;
    /** How long a text may be; 1024 where left out. */
    maxLength?: number | undefined;
    /** What it is for. */
    description?: string | undefined;
  })[] | undefined;
};

export type UpdateWebhook = {
  /** Where events are sent: https, and no private address; http and private ones only where the operator allows the host. */
  url?: string | undefined;
  /** What it is for. */
  description?: string | undefined;
  /** What it gets: `*`, all of a kind (`message.*`) or single types (`message.received`). */
  events?: string[] | undefined;
  /** The only devices whose events it gets; null: all, and events of no device. */
  deviceIds?: string[] | null | undefined;
  /** Headers sent with every delivery, up to 20. They cannot replace ours (`webhook-*`, `content-type` …). Kept sealed: their values are never shown again. */
  headers?: Record<string, string> | undefined;
  /** Whether events of one conversation go out one after the other: each waits until the one before it was delivered or given up. */
  ordered?: boolean | undefined;
};

export type UpdateWorkspace = {
  /** What people call it. */
  name?: string | undefined;
  /** A plan of this installation. */
  plan?: string | undefined;
  /** Limits of this workspace alone. */
  overrides?: {
    /** Devices instead of what the plan says; null is the plan. */
    devices?: number | null | undefined;
    /** Messages a month instead of what the plan says; null is the plan. */
    outboundPerMonth?: number | null | undefined;
  } | undefined;
  /** true shuts it, false opens it again. */
  suspended?: boolean | undefined;
};

export type UpdateWorkspaceSettings = {
  /** What people call it. */
  name?: string | undefined;
  /** How long it keeps what; what is left out stays as it is. */
  retention?: {
    /** Days messages are kept, from 1 to 3650; null keeps them for ever. */
    messagesDays?: number | null | undefined;
    /** Days events are kept, from 1 to 3650; null keeps them for ever. */
    eventsDays?: number | null | undefined;
    /** Days entries of the audit log are kept, from 1 to 3650; null keeps them for ever. */
    auditDays?: number | null | undefined;
  } | undefined;
  /** How contacts opt out by themselves; what is left out stays as it is. */
  consent?: {
    /** Whether contacts opt out and in by such words in their own chat. Nothing is answered to them. */
    keywords?: boolean | undefined;
    /** Messages that opt out, compared as a whole without case, accents and punctuation; null is the list that comes with WAPing, in 30 languages and more. */
    optOutWords?: string[] | null | undefined;
    /** Messages that opt in again, compared as a whole without case, accents and punctuation; null is the list that comes with WAPing, in 30 languages and more. */
    optInWords?: string[] | null | undefined;
  } | undefined;
};

export type UploadMedia = {
  /** The file, as a part of the form. Its Content-Type may be left out; a wrong one is refused. */
  file: string;
  /** What it is to be sent as: a file that cannot be is refused now. */
  sendAs?: "image" | "video" | "audio" | "voice" | "document" | "sticker" | undefined;
  /** Its name, instead of the one that comes with it. */
  fileName?: string | undefined;
  /** A device of yours. Keys limited to devices must name one, and see what names theirs. */
  deviceId?: string | undefined;
};

export type Usage = {
  /** Your plan. */
  plan: string;
  /** The current month in UTC. */
  month: string;
  /** When the next month begins. */
  resetsAt: string;
  outbound: OutboundUse;
  devices: DeviceUse;
  /** What stands above the plan, after a downgrade. Nothing is deleted; new use stops. */
  overLimit: OverLimit[];
  /** First day of `data`. */
  from: string;
  /** Last day of `data`. */
  to: string;
  /** Messages accepted and received, counted. */
  data: UsageCount[];
};

export type UsageCount = {
  /** Day in UTC; null when not grouped by it. */
  day: string | null;
  /** The device; null when not grouped by it. */
  deviceId: string | null;
  /** Its network; null when not grouped by device. */
  network: string | null;
  /** `outbound` is sent over the API. */
  direction: string;
  /** Type of message; null when not grouped by it. */
  kind: string | null;
  /** How many. */
  count: number;
};

export type Webhook = {
  /** Id of the endpoint. */
  id: string;
  /** Where events are sent. */
  url: string;
  /** What it is for. */
  description: string;
  /** `*`, all of a kind (`message.*`) or single types (`message.received`). */
  events: string[];
  /** The only devices whose events it gets; null: all, and events of no device. */
  deviceIds: string[] | null;
  /** Whether events of one conversation go out one after the other: each waits until the one before it was delivered or given up. */
  ordered: boolean;
  /** Names of the headers you gave it; their values are not shown. */
  headerNames: string[];
  /** Events are sent while it is `active`. `unverified`: it has not answered its challenge yet. `paused`: events wait in the log. `disabled`: it answered 410. */
  state: "unverified" | "active" | "paused" | "disabled";
  /** Why it is paused or disabled. `failing` resumes by itself once the endpoint answers well again. */
  stateReason: "by_hand" | "failing" | "gone" | null;
  /** Time, RFC 3339 in UTC. */
  stateAt: string;
  /** Since when every attempt has failed; null: none is known. */
  failingSince: string | null;
  /** When an attempt last went well, to about a minute. */
  lastSuccessAt: string | null;
  /** When an attempt last failed. */
  lastFailureAt: string | null;
  /** What went wrong last, the challenge included. */
  lastError: string | null;
  /** When the next challenge or probe goes out, where one does by itself. */
  nextTryAt: string | null;
  /** When it last got a new secret. */
  rotatedAt: string | null;
  /** How long the secret before the rotation signs too; null: it does not. */
  oldSecretUntil: string | null;
  /** The key or person that made it. */
  createdBy: string;
  /** Time, RFC 3339 in UTC. */
  createdAt: string;
  /** Time, RFC 3339 in UTC. */
  updatedAt: string;
};

export type WebhookAttempt = {
  /** Time, RFC 3339 in UTC. */
  at: string;
  /** What was answered; null: nothing. */
  status: number | null;
  /** Milliseconds until it was answered, or failed. */
  latencyMs: number;
  /** Why it counts as failed; null: it went well. */
  error: string | null;
  /** The first kilobyte of the answer, as text. */
  answer: string | null;
};

export type WebhookDelivery = {
  /** Id of the delivery. */
  id: string;
  /** The endpoint. */
  webhookId: string;
  /** The event: the header `webhook-id` of every attempt. */
  eventId: string;
  /** What the event tells of. */
  eventType: string;
  /** `failed`: given up after the last attempt of the schedule. */
  state: "pending" | "delivered" | "failed";
  /** Attempts of the schedule that failed. */
  failures: number;
  /** When it is tried (again); null: it is over. */
  nextAttemptAt: string | null;
  /** Oldest first, the last 20 of them. */
  attempts: WebhookAttempt[];
  /** Time, RFC 3339 in UTC. */
  createdAt: string;
  /** When it was delivered or given up. */
  endedAt: string | null;
};

export type WebhookDeliveryList = {
  /** The rows of this page. */
  data: WebhookDelivery[];
  /** Whether rows follow this page. */
  hasMore: boolean;
  /** Give it as `cursor` to get the next page. */
  nextCursor: string | null;
};

export type WebhookList = {
  /** The rows of this page. */
  data: Webhook[];
  /** Whether rows follow this page. */
  hasMore: boolean;
  /** Give it as `cursor` to get the next page. */
  nextCursor: string | null;
};

export type Workspace = {
  /** Id of the workspace. */
  id: string;
  /** What people call it. */
  name: string;
  /** Its plan. */
  plan: string;
  /** Whether it is shut: keys refused, devices closed. */
  suspended: boolean;
  /** Since when. */
  suspendedAt: string | null;
  /** Limits of this workspace alone. */
  overrides: {
    /** Devices; null is the plan. */
    devices: number | null;
    /** Messages a month; null is the plan. */
    outboundPerMonth: number | null;
  };
  /** What holds: the plan with the overrides. */
  limits: {
    /** Devices of network `whatsapp`. */
    devices: number;
    /** Messages a month. */
    outboundPerMonth: number;
    /** Whether API keys work. */
    apiAccess: boolean;
  };
  /** Time, RFC 3339 in UTC. */
  createdAt: string;
};

export type WorkspaceDetail = {
  /** Id of the workspace. */
  id: string;
  /** What people call it. */
  name: string;
  /** Its plan. */
  plan: string;
  /** Whether it is shut: keys refused, devices closed. */
  suspended: boolean;
  /** Since when. */
  suspendedAt: string | null;
  /** Limits of this workspace alone. */
  overrides: {
    /** Devices; null is the plan. */
    devices: number | null;
    /** Messages a month; null is the plan. */
    outboundPerMonth: number | null;
  };
  /** What holds: the plan with the overrides. */
  limits: {
    /** Devices of network `whatsapp`. */
    devices: number;
    /** Messages a month. */
    outboundPerMonth: number;
    /** Whether API keys work. */
    apiAccess: boolean;
  };
  /** Time, RFC 3339 in UTC. */
  createdAt: string;
  /** The current month in UTC. */
  month: string;
  outbound: OutboundUse;
  devices: DeviceUse;
};

export type WorkspaceList = {
  /** The rows of this page. */
  data: Workspace[];
  /** Whether rows follow this page. */
  hasMore: boolean;
  /** Give it as `cursor` to get the next page. */
  nextCursor: string | null;
};

export type WorkspaceSettings = {
  /** Id of the workspace. */
  id: string;
  /** What people call it. */
  name: string;
  /** Its plan. */
  plan: string;
  /** How long it keeps what. */
  retention: {
    /** Days messages are kept, from 1 to 3650; null keeps them for ever. */
    messagesDays: number | null;
    /** Days events are kept, from 1 to 3650; null keeps them for ever. */
    eventsDays: number | null;
    /** Days entries of the audit log are kept, from 1 to 3650; null keeps them for ever. */
    auditDays: number | null;
  };
  /** How contacts opt out by themselves. */
  consent: {
    /** Whether contacts opt out and in by such words in their own chat. Nothing is answered to them. */
    keywords: boolean;
    /** Messages that opt out, compared as a whole without case, accents and punctuation; null is the list that comes with WAPing, in 30 languages and more. */
    optOutWords: string[] | null;
    /** Messages that opt in again, compared as a whole without case, accents and punctuation; null is the list that comes with WAPing, in 30 languages and more. */
    optInWords: string[] | null;
  };
  /** Since when it is being erased. */
  erasingAt: string | null;
  /** Time, RFC 3339 in UTC. */
  createdAt: string;
};
