/** A place on the map, in degrees. */
export interface Location {
  latitude: number;
  longitude: number;
  name?: string | undefined;
  address?: string | undefined;
  url?: string | undefined;
}

/** A visiting card. `vcard` is the card as it came, where that says more than the fields. */
export interface ContactCard {
  name: string;
  phones: string[];
  organization?: string | undefined;
  email?: string | undefined;
  vcard?: string | undefined;
}

/** A question with 2 to 12 options. `selectableCount` 0 lets a voter choose as many as there are. */
export interface Poll {
  question: string;
  options: string[];
  selectableCount: number;
}

/** Kinds of message that are a file. */
export const MEDIA_KINDS = ['image', 'video', 'audio', 'voice', 'document', 'sticker'] as const;
export type MediaKind = (typeof MEDIA_KINDS)[number];

/** The file of a message and what is said with it. Inbound every field is the sender's claim. */
export interface MediaFile {
  mimeType: string;
  /** Bytes of the plain file. */
  size: number;
  /** SHA-256 of the plain file, lower-case hex. */
  sha256?: string | undefined;
  fileName?: string | undefined;
  caption?: string | undefined;
  /** To be looked at once; images, videos, audio and voice. */
  viewOnce?: boolean | undefined;
  /** How long it plays. */
  seconds?: number | undefined;
  /** Pixels. */
  width?: number | undefined;
  height?: number | undefined;
  /** Loudness of a voice message over its length: 64 values from 0 to 100, one byte each, in base64. */
  waveform?: string | undefined;
  /** A small JPEG in base64. */
  thumbnail?: string | undefined;
  /** A sticker that moves. */
  animated?: boolean | undefined;
  /** Outbound: where it was uploaded, as `uploadMedia` answered. Without it the message cannot be sent. */
  sealed?: Uint8Array | undefined;
}

/** The preview of a link in a text. */
export interface LinkPreview {
  /** The link as it stands in the text. */
  url: string;
  title: string;
  description?: string | undefined;
  /** A small JPEG in base64. */
  thumbnail?: string | undefined;
}

/** A message body, the same shape in both directions. Step by step every type of the contract joins this union. */
export type MessageContent =
  | { type: 'text'; text: { body: string; preview?: LinkPreview | undefined } }
  | { [K in MediaKind]: { type: K; media: MediaFile } }[MediaKind]
  | { type: 'location'; location: Location }
  | { type: 'contacts'; contacts: ContactCard[] }
  | { type: 'poll'; poll: Poll }
  /** `emoji` on the message of that id of ours; empty takes it back. */
  | { type: 'reaction'; reaction: { messageId: string; emoji: string } }
  /** Options chosen, in the words of the poll of that id of ours; none takes the vote back. */
  | { type: 'vote'; vote: { messageId: string; options: string[] } }
  /** A kind this version does not model: `kind` is its protobuf field name, so nothing inbound is dropped. */
  | { type: 'unsupported'; unsupported: { kind: string } };
