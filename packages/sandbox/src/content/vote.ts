import { createHash } from 'node:crypto';
import { aesEncryptGCM, hmacSign, proto } from 'baileys';

const IV_BYTES = 12;

export interface VoteFields {
  /** The poll's message secret. */
  secret: Uint8Array;
  pollId: string;
  /** Addresses of both sides, without a device. */
  creator: string;
  voter: string;
  options: readonly string[];
  random: (bytes: number) => Uint8Array;
}

/** A vote as a phone encrypts it: under a key made of the poll's secret and the names of both sides. */
export function sealVote({ secret, pollId, creator, voter, options, random }: VoteFields): proto.Message.IPollEncValue {
  const info = Buffer.concat([Buffer.from(`${pollId}${creator}${voter}Poll Vote`), Buffer.of(1)]);
  const key = hmacSign(info, hmacSign(secret, new Uint8Array(32)));
  const selectedOptions = options.map((option) => createHash('sha256').update(option).digest());
  const plain = proto.Message.PollVoteMessage.encode({ selectedOptions }).finish();
  const encIv = random(IV_BYTES);
  return { encIv, encPayload: aesEncryptGCM(plain, key, encIv, Buffer.from(`${pollId}\0${voter}`)) };
}
