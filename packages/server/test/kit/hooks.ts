import { randomBytes } from 'node:crypto';
import { expect } from 'vitest';
import { type SenderServices, WebhookSender } from '../../src/delivery/webhooks/sender.ts';
import { recordEvents } from '../../src/features/events/index.ts';
import { insertTestDelivery, type NewDelivery } from '../../src/features/webhooks/delivery-store.ts';
import { changeWebhook, headersContext, secretContext, type WebhookRow } from '../../src/features/webhooks/index.ts';
import { mintSigningSecret } from '../../src/features/webhooks/signature.ts';
import { insertWebhook, lockWebhook, writeSecret } from '../../src/features/webhooks/store.ts';
import { DataKeys } from '../../src/features/workspaces/index.ts';
import { insertWorkspace } from '../../src/features/workspaces/store.ts';
import { createWrappedDataKey } from '../../src/platform/crypto/master-key.ts';
import { MasterKeys } from '../../src/platform/crypto/master-keys.ts';
import type { Db } from '../../src/platform/db/port.ts';
import { newId, type WorkspaceId } from '../../src/platform/ids.ts';
import { createLogger } from '../../src/platform/log.ts';
import { type AllowList, SafeFetch } from '../../src/platform/safe-fetch/index.ts';
import { type Json, rowsOf } from './api.ts';
import { Caller } from './calls.ts';
import { ALLOW_LOOPBACK } from './media.ts';

const LIMITS = { plan: 'enterprise', devices: 50, outboundPerMonth: 10_000, apiAccess: true, suspended: false };
const HOUR_MS = 3_600_000;
/** Quicker than in life: what hangs is given up after a second. */
const TIMES = { connectMs: 1_000, headersMs: 1_000, idleMs: 500, totalMs: 1_000 };

export interface HookOptions {
  events?: string[];
  deviceIds?: string[] | null;
  ordered?: boolean;
  headers?: Record<string, string>;
  /** False leaves it to be challenged. */
  verified?: boolean;
}

export interface MadeHook {
  id: string;
  secret: string;
}

/** A workspace with a real data key, and nodes that send its webhooks by a clock that tests move. */
export class HookWorld {
  readonly db: Db;
  readonly caller: Caller;
  readonly dataKeys: DataKeys;
  /** Endpoints whose state changed by what they answered. */
  readonly changes: WebhookRow[] = [];
  #ahead = 0;

  private constructor(caller: Caller, masterKey: Buffer) {
    this.db = caller.db;
    this.dataKeys = new DataKeys(caller.db, MasterKeys.of(masterKey));
    this.caller = caller;
  }

  /** The webhooks of a workspace made by another part of the kit, with its master key. */
  static of(caller: Caller, masterKey: Buffer): HookWorld {
    return new HookWorld(caller, masterKey);
  }

  static async create(db: Db, masterKey: Buffer = randomBytes(32)): Promise<HookWorld> {
    const id = newId('ws');
    const dataKey = createWrappedDataKey(masterKey, id);
    await insertWorkspace(db, { id, name: 'Test', plan: 'enterprise', dataKey });
    return new HookWorld(new Caller(db, id, LIMITS), masterKey);
  }

  get workspaceId(): WorkspaceId {
    return this.caller.workspaceId;
  }

  now(): Date {
    return new Date(Date.now() + this.#ahead);
  }

  /** Lets time pass. */
  pass(ms: number): void {
    this.#ahead += ms;
  }

  async hook(url: string, options: HookOptions = {}): Promise<MadeHook> {
    const { db, workspaceId, dataKeys } = this;
    const { events = ['test.*'], deviceIds = null, ordered = false, headers = {}, verified = true } = options;
    const id = newId('whk');
    const secret = mintSigningSecret();
    const headersSealed = await dataKeys.seal(workspaceId, JSON.stringify(headers), headersContext(id));
    const secretSealed = await dataKeys.seal(workspaceId, secret, secretContext(id));
    const now = this.now();
    const settings = { url, description: 'Test', events, deviceIds, ordered, headerNames: Object.keys(headers) };
    await db.tx(async (tx) => {
      const made = { ...settings, headersSealed, secretSealed, id, workspaceId, createdBy: 'key_test', now };
      const row = await insertWebhook(tx, made);
      if (verified) await changeWebhook(tx, row, { trigger: 'verified', now });
    });
    return { id, secret };
  }

  async row(id: string): Promise<WebhookRow> {
    const row = await this.db.tx((tx) => lockWebhook(tx, this.workspaceId, id));
    if (!row) throw new Error('the webhook is gone');
    return row;
  }

  /** Gives an endpoint another secret, as the operation does, with the world's own key. */
  async rotate(id: string, overlapMs: number): Promise<string> {
    const secret = mintSigningSecret();
    const sealed = await this.dataKeys.seal(this.workspaceId, secret, secretContext(id));
    const now = this.now();
    const previousUntil = new Date(now.getTime() + overlapMs);
    const { workspaceId } = this;
    await writeSecret(this.db, { workspaceId, id, secretSealed: sealed, previousUntil, now });
    return secret;
  }

  /** Writes so many events, numbered in their data. */
  async tell(count: number, more: { type?: string; deviceId?: string | null; chat?: string } = {}): Promise<void> {
    const { type = 'test.happened', deviceId = null, chat } = more;
    const about = chat === undefined ? {} : { conversationId: chat };
    const events = Array.from({ length: count }, (_, n) => ({
      workspaceId: this.workspaceId,
      deviceId,
      subjectId: null,
      type,
      data: { n, ...about },
    }));
    await recordEvents(this.db, events);
  }

  /** Waits until all events show: none does while an older transaction is open, and those of other tests count too. */
  async shown(): Promise<void> {
    const hidden = () =>
      this.db.query('select 1 from event where workspace_id = $1 and tx >= pg_snapshot_xmin(pg_current_snapshot())', [
        this.workspaceId,
      ]);
    await expect.poll(hidden, { timeout: 30_000, interval: 5 }).toEqual([]);
  }

  /** What lets a node send for this world and these others alone: what earlier tests left in the database is none of its. */
  onlyFor(...others: HookWorld[]): SenderServices['limits'] {
    const own = new Set([this, ...others].map(({ workspaceId }) => String(workspaceId)));
    return { of: async (workspaceId) => ({ ...LIMITS, suspended: !own.has(workspaceId) }) };
  }

  /** A node that sends. Disposing it stops it. */
  node(more: Partial<SenderServices> & { allow?: AllowList } = {}): WebhookSender {
    const { allow = ALLOW_LOOPBACK, ...services } = more;
    return new WebhookSender({
      db: this.db,
      log: createLogger('silent'),
      clock: { now: () => this.now() },
      holder: `node_${newId('req')}`,
      fetcher: new SafeFetch({ allow, times: TIMES, resolver: async () => [] }),
      limits: this.onlyFor(),
      open: (workspaceId, sealed, context) => this.dataKeys.open(workspaceId, sealed, context),
      pauseAfterMs: 12 * HOUR_MS,
      onChange: (rows) => this.changes.push(...rows),
      ...services,
    });
  }

  /** What an operation answers. */
  async ask(id: string, input: { params?: object; query?: object; body?: object }, key?: string): Promise<Json> {
    const options = { now: this.now(), ...(key === undefined ? {} : { key }) };
    const { body } = await this.caller.call(id, input, options);
    return JSON.parse(String(body));
  }

  async deliveries(webhookId: string, query: object = {}): Promise<Json[]> {
    return rowsOf(await this.ask('webhooks.listDeliveries', { params: { webhookId }, query }));
  }

  /** A delivery that was made long ago, with its attempts as JSON. */
  async delivered(delivery: NewDelivery, attempts: string): Promise<void> {
    const { db, workspaceId } = this;
    await insertTestDelivery(db, { ...delivery, workspaceId, payload: {}, now: this.now() });
    await db.query(
      `update webhook_delivery set state = 'delivered', ended_at = now(), attempts = $3::jsonb
       where workspace_id = $1 and id = $2`,
      [workspaceId, delivery.id, attempts],
    );
  }

  /** Waits until what an endpoint was given satisfies. */
  async until(webhookId: string, done: (rows: Json[]) => boolean, timeout = 30_000): Promise<Json[]> {
    let rows: Json[] = [];
    const look = async () => {
      rows = await this.deliveries(webhookId, { order: 'asc', limit: 100 });
      return done(rows);
    };
    await expect.poll(look, { timeout, interval: 20 }).toBe(true);
    return rows;
  }

  /** How many deliveries of an endpoint stand in each state. */
  async counts(webhookId: string): Promise<Record<string, number>> {
    const rows = await this.db.query<{ state: string; count: number }>(
      `select state, count(*)::int as count from webhook_delivery where workspace_id = $1 and webhook_id = $2 group by state`,
      [this.workspaceId, webhookId],
    );
    return Object.fromEntries(rows.map(({ state, count }) => [state, count]));
  }
}

/** Attempts of a delivery. */
export const attemptsOf = (delivery: Json | undefined): Json[] => {
  const attempts = delivery?.['attempts'];
  return Array.isArray(attempts)
    ? attempts.map((one: unknown): Json => Object.fromEntries(Object.entries(Object(one))))
    : [];
};
