import { proto } from 'baileys';
import type { HistoryMessage } from '../../../history.ts';
import type { Address } from '../../../port.ts';
import { MAX_WA_ID, person } from '../address.ts';
import { readMessage } from '../content.ts';
import type { AlternateName, Self } from '../envelope.ts';
import type { MediaReference } from '../media/reference.ts';
import { reactionsOf, receiptsOf, type Scene, votesOf } from './responses.ts';
import { seconds } from './times.ts';

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
  const scene = { chat, names };
  const reactions = await reactionsOf(message, scene);
  const votes = content.type === 'poll' ? await votesOf(message, content.poll.options, scene) : [];
  const receipts = fromMe ? await receiptsOf(message, scene) : [];
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
    ...(votes.length > 0 ? { votes } : {}),
    ...(receipts.length > 0 ? { receipts } : {}),
  };
}

async function senderOf(message: proto.IWebMessageInfo, scene: Scene & { fromMe: boolean }) {
  const { chat, fromMe, names } = scene;
  if (fromMe) return person(names.self.id, names.self.lid);
  const author = message.participant || message.key?.participant;
  if (!author) return chat.kind === 'person' ? chat : undefined;
  return person(author, await names.other(author));
}
