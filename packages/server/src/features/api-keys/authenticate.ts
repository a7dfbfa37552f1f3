import { timingSafeEqual } from 'node:crypto';
import type { Actor } from '../../operations/context.ts';
import type { Queryable } from '../../platform/db/port.ts';
import { WapingError } from '../../platform/errors.ts';
import { brandId, type WorkspaceId } from '../../platform/ids.ts';
import { type ApiKeyRow, findApiKey, touchApiKey } from './store.ts';
import { parseToken } from './token.ts';

/** A revoked key stops working within this time, on every node. */
const CACHE_MS = 1_000;
const MAX_CACHED = 10_000;
/** `last_used_at` is for people: one write a minute and key is plenty. */
const TOUCH_MS = 60_000;

export interface Caller {
  workspaceId: WorkspaceId;
  actor: Actor;
}

interface Cached {
  row: ApiKeyRow | null;
  until: number;
  touchedAt: number;
}

const refused = (message: string) => new WapingError('UNAUTHORIZED', message, { param: 'Authorization' });

/** Turns a Bearer token into the caller it stands for. */
export class Authenticator {
  readonly #db: Queryable;
  readonly #onError: (error: unknown) => void;
  readonly #cache = new Map<string, Cached>();

  constructor(db: Queryable, onError: (error: unknown) => void) {
    this.#db = db;
    this.#onError = onError;
  }

  /** Throws UNAUTHORIZED; what exactly is wrong with a well-formed key is not told apart. */
  async authenticate(header: string | undefined): Promise<Caller> {
    const token = /^Bearer +(\S+)$/i.exec(header ?? '')?.[1];
    if (!token) throw refused('send your API key as: Authorization: Bearer wap_…');
    const parsed = parseToken(token);
    if (!parsed) throw refused('the API key is malformed');
    const entry = await this.#load(parsed.id);
    const row = entry.row;
    const known = row !== null && timingSafeEqual(row.secret_hash, parsed.secretHash);
    if (!known || row.revoked_at !== null || (row.expires_at !== null && row.expires_at <= new Date())) {
      throw refused('the API key is unknown, expired or revoked');
    }
    this.#touch(entry, row);
    return {
      workspaceId: brandId('ws', row.workspace_id),
      actor: { kind: 'api_key', id: parsed.id, scopes: row.scopes },
    };
  }

  async #load(id: string): Promise<Cached> {
    const cached = this.#cache.get(id);
    if (cached && cached.until > Date.now()) return cached;
    const entry = {
      row: await findApiKey(this.#db, id),
      until: Date.now() + CACHE_MS,
      touchedAt: cached?.touchedAt ?? 0,
    };
    if (this.#cache.size >= MAX_CACHED) this.#cache.clear();
    this.#cache.set(id, entry);
    return entry;
  }

  #touch(entry: Cached, row: ApiKeyRow): void {
    const now = Date.now();
    if (now - entry.touchedAt < TOUCH_MS) return;
    entry.touchedAt = now;
    touchApiKey(this.#db, row.workspace_id, row.id).catch(this.#onError);
  }
}
