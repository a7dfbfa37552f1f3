import type { proto } from 'baileys';
import { innerMessage, type Message, messageText } from '../codec/message.ts';
import { mediaView } from './media.ts';
import { previewView, styleView } from './preview.ts';

const EDIT_TYPE = 14;
const REVOKE_TYPE = 0;

export function pollOf(message: Message): proto.Message.IPollCreationMessage | undefined {
  return message.pollCreationMessage ?? message.pollCreationMessageV2 ?? message.pollCreationMessageV3 ?? undefined;
}

function locationOf({ locationMessage: found }: Message) {
  if (!found) return null;
  const { degreesLatitude, degreesLongitude, name, address, url } = found;
  return {
    latitude: degreesLatitude ?? 0,
    longitude: degreesLongitude ?? 0,
    ...(name ? { name } : {}),
    ...(address ? { address } : {}),
    ...(url ? { url } : {}),
  };
}

function contactsOf({ contactMessage, contactsArrayMessage }: Message) {
  const found = contactMessage ? [contactMessage] : contactsArrayMessage?.contacts;
  return found?.map(({ displayName, vcard }) => ({ name: displayName ?? '', vcard: vcard ?? '' })) ?? null;
}

export function pollView(message: Message) {
  const poll = pollOf(message);
  if (!poll) return null;
  const options = (poll.options ?? []).map(({ optionName }) => optionName ?? '');
  return { question: poll.name ?? '', options, selectableCount: poll.selectableOptionsCount ?? 0 };
}

function changeOf({ protocolMessage, reactionMessage }: Message) {
  const key = protocolMessage?.key?.id;
  const reacted = reactionMessage?.key?.id;
  const edited = protocolMessage?.editedMessage;
  return {
    reaction: reacted ? { messageId: reacted, emoji: reactionMessage?.text ?? '' } : null,
    edit:
      key && protocolMessage?.type === EDIT_TYPE && edited ? { messageId: key, text: messageText(edited) ?? '' } : null,
    revoke: key && protocolMessage?.type === REVOKE_TYPE ? { messageId: key } : null,
  };
}

function besideOf(message: Message) {
  const info = Object.values(innerMessage(message)).flatMap((body: unknown) => contextIn(body) ?? [])[0];
  const named = info?.mentionedJid ?? [];
  return {
    replyTo: info?.stanzaId ?? null,
    /** As the message addresses them: numbers or LIDs. */
    mentions: info?.nonJidMentions ? ('everyone' as const) : named.length > 0 ? [...named] : null,
    forwarded: info?.isForwarded === true,
  };
}

/** Guarantee: in a `Message` only `IContextInfo` stands under this name. */
function contextIn(body: unknown): proto.IContextInfo | undefined {
  if (body === null || typeof body !== 'object' || !('contextInfo' in body)) return undefined;
  return (body.contextInfo ?? undefined) as proto.IContextInfo | undefined;
}

/** What a phone has of a message beside the message itself. */
interface Beside {
  /** The file it names. */
  file: Uint8Array | undefined;
  /** The vote it is, opened. */
  vote: { messageId: string; options: string[] } | null;
}

/** What a person sees of a message, in the words of `build.ts`. */
export function describeContent(message: Message, { file, vote }: Beside) {
  const media = mediaView(message, file);
  const parts = {
    location: locationOf(message),
    contacts: contactsOf(message),
    poll: pollView(message),
    ...changeOf(message),
    vote,
  };
  const [named] = Object.entries(parts).flatMap(([name, value]) => (value === null ? [] : [name]));
  const type = media?.kind ?? named ?? (messageText(message) === undefined ? 'other' : 'text');
  const beside = { preview: previewView(message), style: styleView(message), ...besideOf(message) };
  return { type, ...parts, media, ...beside };
}
