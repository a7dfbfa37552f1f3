import { proto } from 'baileys';
import type { InboundChange, MessageAction } from '../../../port.ts';
import { withContext } from './context.ts';
import { readContent } from './table.ts';

const { Type } = proto.Message.ProtocolMessage;
/** Attribute of the stanza that tells a change from a message, as WhatsApp's clients set it. */
const EDIT = '1';
const REVOKE = '7';
const REVOKE_BY_ADMIN = '8';

/** An edit or revoke of ours. `context` is what the edited message says beside its text. */
export function writeAction(
  action: MessageAction,
  key: proto.IMessageKey,
  context?: proto.IContextInfo,
): proto.IMessage {
  if (action.type === 'revoke') return { protocolMessage: { key, type: Type.REVOKE } };
  return {
    protocolMessage: {
      key,
      type: Type.MESSAGE_EDIT,
      editedMessage: withContext({ conversation: action.edit.text.body }, context),
      timestampMs: Date.now(),
    },
  };
}

/** The stanza's `edit` attribute for an action. */
export const editAttribute = (type: MessageAction['type']): string => (type === 'edit' ? EDIT : REVOKE);

/** What a message changes, before it is known who says so. */
export interface ReadChange {
  targetWaId: string;
  /** The sender's clock, Unix milliseconds. */
  claimedAt: number | undefined;
  change: Exclude<InboundChange['change'], { type: 'vote' }> | VoteOnWire;
}

interface VoteOnWire {
  type: 'vote';
  payload: Uint8Array;
  iv: Uint8Array;
  /** Who made the poll, as the voter names it. */
  creators: string[];
}

const milliseconds = (value: unknown): number | undefined => {
  const number = Number(value ?? 0);
  return number > 0 ? number : undefined;
};

function protocolChange(
  message: proto.Message.IProtocolMessage,
  edit: string | undefined,
): ReadChange['change'] | undefined {
  if (message.type === Type.REVOKE) return { type: 'revoke', byAdmin: edit === REVOKE_BY_ADMIN };
  if (message.type !== Type.MESSAGE_EDIT || !message.editedMessage) return undefined;
  const content = readContent(message.editedMessage);
  return content ? { type: 'edit', content } : undefined;
}

/** Reads an unwrapped message as a change; undefined where it is none. `edit` is the stanza's attribute. */
export function readChange(message: proto.IMessage, edit: string | undefined): ReadChange | undefined {
  const { protocolMessage, reactionMessage, pollUpdateMessage } = message;
  if (reactionMessage?.key?.id) {
    return {
      targetWaId: reactionMessage.key.id,
      claimedAt: milliseconds(reactionMessage.senderTimestampMs),
      change: { type: 'reaction', emoji: reactionMessage.text ?? '' },
    };
  }
  const poll = pollUpdateMessage?.pollCreationMessageKey;
  if (pollUpdateMessage && poll?.id) {
    const { encPayload, encIv } = pollUpdateMessage.vote ?? {};
    if (!encPayload || !encIv) return undefined;
    const creators = [poll.participant, poll.remoteJid].flatMap((jid) => jid ?? []);
    const change: VoteOnWire = { type: 'vote', payload: encPayload, iv: encIv, creators };
    return { targetWaId: poll.id, claimedAt: milliseconds(pollUpdateMessage.senderTimestampMs), change };
  }
  if (!protocolMessage?.key?.id) return undefined;
  const change = protocolChange(protocolMessage, edit);
  if (!change) return undefined;
  return { targetWaId: protocolMessage.key.id, claimedAt: milliseconds(protocolMessage.timestampMs), change };
}
