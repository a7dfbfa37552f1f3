import { createHash } from 'node:crypto';
import { aesDecryptGCM, aesEncryptGCM, hmacSign, proto } from 'baileys';

const IV_BYTES = 12;

export interface Ballot {
  /** The poll's message secret. */
  secret: Uint8Array;
  pollId: string;
  /** Addresses of both sides, without a device. */
  creator: string;
  voter: string;
}

export interface VoteFields extends Ballot {
  options: readonly string[];
  random: (bytes: number) => Uint8Array;
}

/** Made of the poll's secret and the names of both sides. */
function keyOf({ secret, pollId, creator, voter }: Ballot): Buffer {
  const info = Buffer.concat([Buffer.from(`${pollId}${creator}${voter}Poll Vote`), Buffer.of(1)]);
  return hmacSign(info, hmacSign(secret, new Uint8Array(32)));
}

const contextOf = ({ pollId, voter }: Ballot): Buffer => Buffer.from(`${pollId}\0${voter}`);

const hashOf = (option: string): Buffer => createHash('sha256').update(option).digest();

/** A vote as a phone encrypts it. */
export function sealVote({ options, random, ...ballot }: VoteFields): proto.Message.IPollEncValue {
  const selectedOptions = options.map(hashOf);
  const plain = proto.Message.PollVoteMessage.encode({ selectedOptions }).finish();
  const encIv = random(IV_BYTES);
  return { encIv, encPayload: aesEncryptGCM(plain, keyOf(ballot), encIv, contextOf(ballot)) };
}

/** Which of a poll's options a vote chose. Undefined where it was encrypted under another key or other names. */
export function openVote(
  ballot: Ballot,
  { encPayload, encIv }: proto.Message.IPollEncValue,
  options: readonly string[],
): string[] | undefined {
  if (!encPayload || !encIv) return undefined;
  try {
    const plain = aesDecryptGCM(encPayload, keyOf(ballot), encIv, contextOf(ballot));
    const chosen = proto.Message.PollVoteMessage.decode(plain).selectedOptions?.map((hash) => Buffer.from(hash)) ?? [];
    return options.filter((option) => chosen.some((hash) => hash.equals(hashOf(option))));
  } catch {
    return undefined;
  }
}
