import type { SignalRepositoryWithLIDStore } from 'baileys';
import { BoundedCache } from './bounded-cache.ts';

const PERSON = /^(\d+)(?::(\d+))?@s\.whatsapp\.net$/;

/**
 * Gives Baileys' table of phone numbers and LIDs a bounded cache (its own has no bound, and a timer per contact), and
 * lets a number it knows be answered from there at once: a send asks five times, and the library's way for many
 * numbers takes a twentieth of the send.
 */
export function boundLidMapping(mapping: SignalRepositoryWithLIDStore['lidMapping'], contacts: number): void {
  // Both directions of a pair are entries.
  const cache = new BoundedCache<string>(contacts * 2);
  if (!Reflect.has(mapping, 'mappingCache')) throw new TypeError("the engine's LID mapping has no cache");
  Reflect.set(mapping, 'mappingCache', cache);
  const ask = mapping.getLIDForPN.bind(mapping);
  mapping.getLIDForPN = async (pn) => {
    const [, user, device] = PERSON.exec(pn) ?? [];
    const lid = user === undefined ? undefined : cache.get(`pn:${user}`);
    if (lid === undefined) return ask(pn);
    return device === undefined || device === '0' ? `${lid}@lid` : `${lid}:${device}@lid`;
  };
}
