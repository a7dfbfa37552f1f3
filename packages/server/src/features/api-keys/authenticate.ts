import { timingSafeEqual } from 'node:crypto';
import type { Actor } from '../../operations/context.ts';
import type { Queryable } from '../../platform/db/port.ts';
import { WapingError } from '../../platform/errors.ts';
import { type ApiKeyId, brandId, type WorkspaceId } from '../../platform/ids.ts';
import { holds, type IpNetwork, parseAddress, parseNetwork } from '../../platform/ip.ts';
import type { LastUsed } from './last-used.ts';
import { type ApiKeyRow, findApiKey } from './store.ts';
import { type ParsedToken, parseToken } from './token.ts';

/**
 * How long a key read before still holds, from when it was asked for: what is done to a key is in force within a second
 * on every node, the time of a slow read included.
 */
const CACHE_MS = 900;
const MAX_CACHED = 10_000;

export interface Caller {
  workspaceId: WorkspaceId;
  actor: Actor;
}

interface Cached {
  row: ApiKeyRow | null;
  networks: IpNetwork[] | null;
  askedAt: number;
}

const refused = (message: string) => new WapingError('UNAUTHORIZED', message, { param: 'Authorization' });

// Both are always compared: the time it takes does not tell which of two secrets was close.
function isSecret(row: ApiKeyRow, { secretHash }: ParsedToken, now: Date): boolean {
  const current = timingSafeEqual(row.secret_hash, secretHash);
  const previous = timingSafeEqual(row.previous_hash ?? row.secret_hash, secretHash);
  return current || (previous && row.previous_expires_at !== null && row.previous_expires_at > now);
}

function checkAddress(networks: IpNetwork[] | null, address: string): void {
  if (networks === null) return;
  const from = parseAddress(address);
  if (from && networks.some((network) => holds(network, from))) return;
  throw new WapingError('FORBIDDEN', `this key may not be used from ${address}`, {
    details: [{ param: 'ipList', message: `${address} is not among the addresses of this key` }],
  });
}

/** Turns a Bearer token into the caller it stands for. */
export class Authenticator {
  readonly #db: Queryable;
  readonly #lastUsed: LastUsed;
  readonly #cache = new Map<string, Cached>();

  constructor(db: Queryable, lastUsed: LastUsed) {
    this.#db = db;
    this.#lastUsed = lastUsed;
  }

  /**
   * Throws UNAUTHORIZED; what exactly is wrong with a well-formed key is not told apart. FORBIDDEN with `ipList` for a
   * good key from an `address` it may not be used from.
   */
  async authenticate(header: string | undefined, address: string): Promise<Caller> {
    const token = /^Bearer +(\S+)$/i.exec(header ?? '')?.[1];
    if (!token) throw refused('send your API key as: Authorization: Bearer wap_…');
    const parsed = parseToken(token);
    if (!parsed) throw refused('the API key is malformed');
    const now = new Date();
    return this.#callerOf(parsed.id, await this.#find(parsed, now), { address, now });
  }

  /**
   * The caller a key stands for, by its id alone: for what the key has vouched for, such as a stream token. Throws as
   * `authenticate` does.
   */
  async callerOf(id: ApiKeyId, address: string): Promise<Caller> {
    return this.#callerOf(id, await this.#load(id, CACHE_MS), { address, now: new Date() });
  }

  #callerOf(id: ApiKeyId, { row, networks }: Cached, { address, now }: { address: string; now: Date }): Caller {
    if (!row || row.revoked_at !== null || (row.expires_at !== null && row.expires_at <= now)) {
      throw refused('the API key is unknown, expired or revoked');
    }
    checkAddress(networks, address);
    this.#lastUsed.note({ workspaceId: row.workspace_id, id: row.id, at: now, ip: address });
    const { scopes, device_ids: devices, allowed_ips: ips, expires_at: expiresAt } = row;
    return {
      workspaceId: brandId('ws', row.workspace_id),
      actor: { kind: 'api_key', id, scopes, devices, ips, expiresAt },
    };
  }

  /** The key, with `row` null unless the secret is one of its secrets. */
  async #find(parsed: ParsedToken, now: Date): Promise<Cached> {
    const entry = await this.#load(parsed.id, CACHE_MS);
    if (entry.row && isSecret(entry.row, parsed, now)) return entry;
    // Made or rotated on another node a moment ago, perhaps. It costs no more than an id that nobody has.
    const fresh = entry.askedAt < now.getTime() ? await this.#load(parsed.id, 0) : entry;
    return fresh.row && isSecret(fresh.row, parsed, now) ? fresh : { ...fresh, row: null };
  }

  async #load(id: string, maxAgeMs: number): Promise<Cached> {
    const cached = this.#cache.get(id);
    const askedAt = Date.now();
    if (cached && askedAt - cached.askedAt < maxAgeMs) return cached;
    const row = await findApiKey(this.#db, id);
    const networks = row?.allowed_ips?.map(parseNetwork).filter((network) => network !== null) ?? null;
    const entry = { row, networks, askedAt };
    // A read that was overtaken by a younger one must not take its place.
    if ((this.#cache.get(id)?.askedAt ?? 0) > askedAt) return entry;
    this.#cache.delete(id);
    if (this.#cache.size >= MAX_CACHED) this.#cache.delete(this.#cache.keys().next().value ?? '');
    this.#cache.set(id, entry);
    return entry;
  }
}
