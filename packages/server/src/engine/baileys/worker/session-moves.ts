import { jidDecode, type SocketConfig } from 'baileys';
import { lidUser, phoneUser } from './address.ts';
import type { SignalKeys } from './key-store.ts';

type Repository = ReturnType<SocketConfig['makeSignalRepository']>;

/** A contact's two names, each with or without a device number. */
interface Pair {
  lid: string;
  pn: string;
}

/**
 * Makes a contact's LID known and moves its Signal sessions there in one step. From the moment the name is known
 * everything reads the session under the LID; Baileys moves it in a second transaction, if it knows the contact's
 * devices at all. A crash or another task in between finds no session there, makes one, and the move then puts the old
 * one over it: what the contact sends under the new one can never be opened. `alone` runs a task under the Signal lock.
 */
export function moveSessionsWithNames(
  inner: Repository,
  keys: SignalKeys,
  alone: <T>(task: () => Promise<T>) => Promise<T>,
): void {
  const { lidMapping } = inner;
  const store = lidMapping.storeLIDPNMappings.bind(lidMapping);
  lidMapping.storeLIDPNMappings = (pairs) =>
    alone(async () => {
      for (const pair of await unknown(pairs.flatMap(asPair), keys)) await move(pair, inner, keys);
      await store(pairs);
    });
}

/** Baileys takes the two in either order. */
function asPair(names: Pair): Pair[] {
  const [pn, lid] = phoneUser(names.pn) === undefined ? [names.lid, names.pn] : [names.pn, names.lid];
  return phoneUser(pn) === undefined || lidUser(lid) === undefined ? [] : [{ pn, lid }];
}

async function unknown(pairs: readonly Pair[], keys: SignalKeys): Promise<Pair[]> {
  if (pairs.length === 0) return [];
  const known = await keys.get(
    'lid-mapping',
    pairs.map(({ pn }) => phoneUser(pn) ?? ''),
  );
  return pairs.filter(({ pn, lid }) => known[phoneUser(pn) ?? ''] !== lidUser(lid));
}

/** A session the contact already has under its LID is the newer one and stays. */
async function move(pair: Pair, inner: Repository, keys: SignalKeys): Promise<void> {
  const [phone, lid] = [phoneUser(pair.pn) ?? '', lidUser(pair.lid) ?? ''];
  const listed = (await keys.get('device-list', [phone]))[phone];
  const devices = new Set(['0', deviceOf(pair.pn), deviceOf(pair.lid), ...(Array.isArray(listed) ? listed : [])]);
  const places = Array.from(devices, (device) => ({
    from: inner.jidToSignalProtocolAddress(`${phone}:${device}@s.whatsapp.net`),
    to: inner.jidToSignalProtocolAddress(`${lid}:${device}@lid`),
  }));
  const found = await keys.get(
    'session',
    places.flatMap(({ from, to }) => [from, to]),
  );
  const session: Record<string, Uint8Array | null> = {};
  for (const { from, to } of places) {
    const old = found[from];
    if (!(old instanceof Uint8Array)) continue;
    session[from] = null;
    if (!found[to]) session[to] = old;
  }
  if (Object.keys(session).length > 0) keys.set({ session });
}

const deviceOf = (jid: string): string => String(jidDecode(jid)?.device ?? 0);
