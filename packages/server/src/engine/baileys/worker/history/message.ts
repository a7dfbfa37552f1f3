import { proto } from 'baileys';
import type { HistoryMessage } from '../../../history.ts';
import type { Address } from '../../../port.ts';
import { MAX_WA_ID, person } from '../address.ts';
import { readMessage } from '../content.ts';
import { type AlternateName, isSelf, LAST_SECOND, type Self } from '../envelope.ts';
import type { MediaReference } from '../media/reference.ts';

/** Who is who, for reading the past. */
export interface Names {
  self: Self;
  /** The other name of a person, from what is known already. */
  other: AlternateName;
  sealSecret(waId: string, secret: Uint8Array): Uint8Array;
  /** Seals where a file lies. */
  sealMedia(reference: MediaReference): Uint8Array;
}

const { Status } = proto.WebMessageInfo;

const STATUS: ReadonlyMap<number, NonNullable<HistoryMessage['status']>> = new Map<
  number,
  NonNullable<HistoryMessage['status']>
>([
  [Status.DELIVERY_ACK, 'delivered'],
  [Status.READ, 'read'],
  [Status.PLAYED, 'played'],
]);

function upTo(max: number, value: unknown): number | undefined {
  const number = Number(value ?? 0);
  return Number.isSafeInteger(number) && number > 0 && number <= max ? number : undefined;
}

/** A protobuf time in seconds; undefined where it says none, or one that no calendar has. */
export const seconds = (value: unknown): number | undefined => upTo(LAST_SECOND, value);
const milliseconds = (value: unknown): number | undefined => upTo(LAST_SECOND * 1000, value);

/** A message of the past in our words; undefined where there is nothing to show (housekeeping, or taken back). */
export async function messageOf(
  message: proto.IWebMessageInfo,
  chat: Address,
  names: Names,
): Promise<HistoryMessage | undefined> {
  const { key, messageTimestamp, pushName } = message;
  const waId = key?.id;
  const at = seconds(messageTimestamp);
  if (!message.message || !waId || waId.length > MAX_WA_ID || at === undefined) return undefined;
  const { content, context, style, secret, file } = readMessage(message.message);
  const fromMe = key.fromMe ?? false;
  const sender = await senderOf(message, { chat, fromMe, names });
  if (!content || !sender) return undefined;
  const given = message.messageSecret ?? secret;
  const reactions = await reactionsOf(message, { chat, names });
  return {
    waId,
    chat,
    sender,
    fromMe,
    ...(pushName && !fromMe ? { pushName } : {}),
    sentAt: at * 1000,
    content,
    ...(context ? { context } : {}),
    ...(style && chat.kind === 'status' ? { style } : {}),
    ...(file ? { sealedMedia: names.sealMedia(file) } : {}),
    ...(content.type === 'poll' && given?.length ? { sealedSecret: names.sealSecret(waId, given) } : {}),
    ...(fromMe ? { status: STATUS.get(message.status ?? 0) ?? 'sent' } : {}),
    ...(reactions.length > 0 ? { reactions } : {}),
  };
}

interface Scene {
  chat: Address;
  names: Names;
}

async function senderOf(message: proto.IWebMessageInfo, scene: Scene & { fromMe: boolean }) {
  const { chat, fromMe, names } = scene;
  if (fromMe) return person(names.self.id, names.self.lid);
  const author = message.participant || message.key?.participant;
  if (!author) return chat.kind === 'person' ? chat : undefined;
  return person(author, await names.other(author));
}

async function reactionsOf(message: proto.IWebMessageInfo, { chat, names }: Scene) {
  const found: NonNullable<HistoryMessage['reactions']> = [];
  for (const { key, text, senderTimestampMs } of message.reactions ?? []) {
    const waId = key?.id;
    if (!waId || waId.length > MAX_WA_ID || !text) continue;
    const fromMe = key.fromMe ?? false;
    const author = key.participant || undefined;
    const other =
      author === undefined ? (chat.kind === 'person' ? chat : undefined) : person(author, await names.other(author));
    const sender = fromMe || isSelf(names.self, author) ? person(names.self.id, names.self.lid) : other;
    const at = milliseconds(senderTimestampMs) ?? (seconds(message.messageTimestamp) ?? 0) * 1000;
    if (sender) found.push({ waId, sender, fromMe, emoji: text, at });
  }
  return found;
}
