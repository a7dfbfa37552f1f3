import { createCipheriv, createDecipheriv, createHash, createHmac, randomBytes } from 'node:crypto';

const IV_BYTES = 12;
const TAG_BYTES = 16;
const HASH_BYTES = 32;

/**
 * The secret a message of ours carries for what answers it in secret. Made from what is known at every attempt, so that
 * a resend and an answer to a retry receipt carry the same.
 */
export function ownMessageSecret(dataKey: Uint8Array, deviceId: string, waId: string): Buffer {
  return createHmac('sha256', dataKey).update(`message-secret/${deviceId}/${waId}`).digest();
}

/** Context under which a received message's secret is sealed. */
export const messageSecretContext = (workspaceId: string, deviceId: string, waId: string): string =>
  `${workspaceId}/${deviceId}/message-secret/${waId}`;

const hmac = (key: Uint8Array, data: Uint8Array): Buffer => createHmac('sha256', key).update(data).digest();

export interface VoteOnPoll {
  secret: Uint8Array;
  pollId: string;
  /** JIDs, without a device. */
  creator: string;
  voter: string;
}

/** Key of a vote: HKDF of the poll's secret over the poll's id and the names of both sides, as WhatsApp's clients make it. */
export function pollVoteKey({ secret, pollId, creator, voter }: VoteOnPoll): Buffer {
  const info = Buffer.concat([Buffer.from(`${pollId}${creator}${voter}Poll Vote`), Buffer.of(1)]);
  return hmac(hmac(Buffer.alloc(HASH_BYTES), secret), info);
}

const voteContext = ({ pollId, voter }: VoteOnPoll): Buffer => Buffer.from(`${pollId}\0${voter}`);

/** Seals a vote for those in the chat: SHA-256 of each option chosen. No options take an earlier vote back. */
export function sealPollVote(vote: VoteOnPoll, options: readonly string[]): { payload: Buffer; iv: Buffer } {
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv('aes-256-gcm', pollVoteKey(vote), iv);
  cipher.setAAD(voteContext(vote));
  const message = Buffer.concat(options.flatMap((option) => [Buffer.of(0x0a, HASH_BYTES), optionHash(option)]));
  return { payload: Buffer.concat([cipher.update(message), cipher.final(), cipher.getAuthTag()]), iv };
}

/** Opens a vote: SHA-256 of each option chosen. Null where key or names are others, or the content is no vote. */
export function openPollVote(vote: VoteOnPoll, sealed: { payload: Uint8Array; iv: Uint8Array }): Buffer[] | null {
  const { payload, iv } = sealed;
  if (payload.length < TAG_BYTES || iv.length === 0) return null;
  try {
    const cipher = createDecipheriv('aes-256-gcm', pollVoteKey(vote), iv);
    cipher.setAAD(voteContext(vote));
    cipher.setAuthTag(payload.subarray(payload.length - TAG_BYTES));
    const body = cipher.update(payload.subarray(0, payload.length - TAG_BYTES));
    return selectedOptions(Buffer.concat([body, cipher.final()]));
  } catch {
    return null;
  }
}

/** `PollVoteMessage { repeated bytes selectedOptions = 1 }`: each 34 bytes, of which the first two say so. */
function selectedOptions(message: Buffer): Buffer[] | null {
  const found: Buffer[] = [];
  for (let at = 0; at < message.length; at += HASH_BYTES + 2) {
    const hash = message.subarray(at + 2, at + 2 + HASH_BYTES);
    if (message[at] !== 0x0a || message[at + 1] !== HASH_BYTES || hash.length !== HASH_BYTES) return null;
    found.push(hash);
  }
  return found;
}

/** How a vote names an option. */
export const optionHash = (option: string): Buffer => createHash('sha256').update(option).digest();
