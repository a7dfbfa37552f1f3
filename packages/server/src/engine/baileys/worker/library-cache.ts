import type { CacheStore } from 'baileys';
import { BoundedCache } from './bounded-cache.ts';

/**
 * Lends a bounded cache to Baileys. Its interface lets the reader name the type of a value; guarantee of the cast: only
 * the library writes to the cache and reads back what it wrote under the same key.
 */
export function libraryCache(cache: BoundedCache<unknown>): CacheStore {
  return {
    get: <T>(key: string) => cache.get(key) as T | undefined,
    set: (key, value) => cache.set(key, value),
    del: (key) => cache.delete(key),
    flushAll: () => cache.clear(),
  };
}

/** Caches Baileys would otherwise make per socket, unbounded and forgotten at every reconnect. */
export interface SessionCaches {
  devices: BoundedCache<unknown>;
  retries: BoundedCache<unknown>;
  calls: BoundedCache<unknown>;
  placeholders: BoundedCache<unknown>;
}

const HOUR = 60 * 60_000;

export function sessionCaches(contacts: number, contactTtlMs: number): SessionCaches {
  return {
    devices: new BoundedCache(contacts, contactTtlMs),
    retries: new BoundedCache(500, HOUR),
    calls: new BoundedCache(50, HOUR),
    placeholders: new BoundedCache(200, HOUR),
  };
}
