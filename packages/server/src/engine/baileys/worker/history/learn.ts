import type { SignalDataSet } from 'baileys';
import { lidUser } from '../address.ts';
import type { AlternateName } from '../envelope.ts';
import type { SignalKeys } from '../key-store.ts';
import type { LiveSocket } from '../live-socket.ts';
import type { ChatToken, LidPair } from './items.ts';

/** Keeps both names of people and the privacy tokens of chats where the engine library looks for them. */
export async function learnFromHistory(
  { live, keys, other }: { live: LiveSocket | undefined; keys: SignalKeys; other: AlternateName },
  pairs: readonly LidPair[],
  tokens: readonly ChatToken[],
): Promise<void> {
  const mapping = live?.sock.signalRepository.lidMapping;
  if (!mapping) return;
  if (pairs.length > 0) await mapping.storeLIDPNMappings([...pairs]);
  for (const { jid, timestamp, senderTimestamp, token } of tokens) {
    // Tokens are kept under the LID of a chat, where it is known; the library would ask WhatsApp for each.
    const id = lidUser(jid) === undefined ? ((await other(jid)) ?? jid) : jid;
    const known = (await keys.get('tctoken', [id]))[id];
    if (knownTime(known) >= timestamp) continue;
    const kept = known !== null && typeof known === 'object' ? known : {};
    const sent = senderTimestamp === undefined ? {} : { senderTimestamp };
    const set: SignalDataSet = {
      tctoken: { [id]: { ...kept, token: Buffer.from(token), timestamp: String(timestamp), ...sent } },
    };
    keys.set(set);
  }
}

function knownTime(entry: unknown): number {
  if (typeof entry !== 'object' || entry === null || !('timestamp' in entry)) return 0;
  return Number(entry.timestamp) || 0;
}
