import { z } from 'zod';
import type { SealedVote } from '../../../engine/port.ts';
import {
  messageSecretContext,
  openPollVote,
  optionHash,
  ownMessageSecret,
} from '../../../platform/crypto/message-secret.ts';
import { unseal } from '../../../platform/crypto/seal.ts';
import { parseStored } from '../content-table.ts';
import type { TargetRow } from './store.ts';

/** Names one vote is tried under at most: each costs a decryption. */
const MAX_NAMES = 6;

const base64 = z.string().transform((text) => Buffer.from(text, 'base64'));
const sealedVote = z.object({
  payload: base64,
  iv: base64,
  creators: z.array(z.string()),
  voters: z.array(z.string()),
});

/** A vote as a row keeps it until its poll is here. */
export function storedVote({ payload, iv, creators, voters }: SealedVote): unknown {
  return {
    payload: Buffer.from(payload).toString('base64'),
    iv: Buffer.from(iv).toString('base64'),
    creators: creators.slice(0, MAX_NAMES),
    voters: voters.slice(0, MAX_NAMES),
  };
}

function secretOf(poll: TargetRow, dataKey: Uint8Array): Uint8Array | null {
  const { workspace_id: workspaceId, device_id: deviceId, wa_id: waId } = poll;
  if (poll.answer_secret) return unseal(dataKey, poll.answer_secret, messageSecretContext(workspaceId, deviceId, waId));
  return poll.direction === 'outbound' ? ownMessageSecret(dataKey, deviceId, waId) : null;
}

/** The options a stored vote chose, as the poll words them. Null where it cannot be opened, or the target is no poll. */
export function readVote(stored: unknown, target: TargetRow, dataKey: Uint8Array): string[] | null {
  const { poll } = parseStored(target.content);
  const secret = poll && secretOf(target, dataKey);
  if (!poll || !secret) return null;
  const { creators, voters, ...sealed } = sealedVote.parse(stored);
  for (const creator of creators) {
    for (const voter of voters) {
      const hashes = openPollVote({ secret, pollId: target.wa_id, creator, voter }, sealed);
      if (!hashes) continue;
      const chosen = new Set(hashes.map((hash) => hash.toString('hex')));
      return poll.options.filter((option) => chosen.has(optionHash(option).toString('hex')));
    }
  }
  return null;
}
